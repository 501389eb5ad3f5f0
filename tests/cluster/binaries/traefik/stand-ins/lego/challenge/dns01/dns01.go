// Package dns01 stands in for lego's: no challenge is made. UnFqdn does what lego's does: Traefik's TLS uses it.
package dns01

import (
	"strings"
	"time"
)

// Client is one.
type Client struct{}

// Options are a client's.
type Options struct {
	RecursiveNameservers []string
}

// ChallengeOption is one.
type ChallengeOption struct{}

// NewClient makes one.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions does nothing.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return ChallengeOption{} }

// DisableAuthoritativeNssPropagationRequirement does nothing.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// DisableRecursiveNSsPropagationRequirement does nothing.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// PropagationWait does nothing.
func PropagationWait(time.Duration, bool) ChallengeOption { return ChallengeOption{} }

// UnFqdn takes the dot at the end off.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
