// Package tlsalpn01 stands in for lego's: no challenge is made.
package tlsalpn01

import (
	"errors"
	"time"
)

// ACMETLS1Protocol is the protocol that a challenge would ask for.
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption is one.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }

// ChallengeBlocks makes no certificate.
func ChallengeBlocks(_, _ string) ([]byte, []byte, error) {
	return nil, nil, errors.New("built without ACME")
}
