// Where tests/chart takes the kinds of others from: their CustomResourceDefinitions lie in these modules.
module dolmetsch.dev/tests/chart/kinds

go 1.26.0

require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.1
)
