// Traefik for `make test-routes`, built from source by tests/cluster/binaries. Three of the modules that it needs are
// small stand-ins here: see stand-ins/README.md.
module dolmetsch.dev/tests/cluster/traefik

go 1.26.0

require (
	github.com/traefik/traefik/dynamic/ext v0.0.0-00010101000000-000000000000
	github.com/traefik/traefik/v3 v3.7.13
)

replace (
	github.com/abbot/go-http-auth => ./stand-ins/http-auth
	github.com/go-acme/lego/v5 => ./stand-ins/lego
	github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
	github.com/traefik/traefik/dynamic/ext => ./stand-ins/ext
)

// As in Traefik's own go.mod.
exclude github.com/tencentcloud/tencentcloud-sdk-go v3.0.83+incompatible
