//go:build tools

// Package tools names the command that tests/cluster/binaries builds, so that go.mod and go.sum pin all it needs.
package tools

import _ "github.com/traefik/traefik/v3/cmd/traefik"
