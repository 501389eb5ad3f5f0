"""A cluster's Directory on a real API server, with the rights of the api; an admin plays the operator."""
