// Package ext stands in for the place in which Traefik's dynamic configuration may be extended; it is not extended.
package ext

// HTTP is a part of an HTTP configuration.
type HTTP struct{}

// Router is a part of a router.
type Router struct{}
