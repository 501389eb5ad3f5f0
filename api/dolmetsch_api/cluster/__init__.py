"""The `Directory` on Kubernetes: rooms are `Room` objects, watched and written.

`kubernetes_directory`  the implementation.    `cluster_rooms`  its objects by room id.
"""
