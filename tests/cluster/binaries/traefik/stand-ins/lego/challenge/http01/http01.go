// Package http01 stands in for lego's: no challenge is made.
package http01

import "time"

// PathPrefix is where a challenge would be answered.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption is one.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
