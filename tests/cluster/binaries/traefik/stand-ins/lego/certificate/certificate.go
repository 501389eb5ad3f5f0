// Package certificate stands in for lego's: none is ever given out.
package certificate

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/certcrypto"
)

var errNone = errors.New("built without ACME")

// Resource is a certificate with its key.
type Resource struct {
	ID          string
	Domains     []string
	PrivateKey  []byte
	Certificate []byte
}

// ObtainRequest asks for one.
type ObtainRequest struct {
	Domains          []string
	EmailAddresses   []string
	Bundle           bool
	EnableCommonName bool
	PreferredChain   string
	Profile          string
	KeyType          certcrypto.KeyType
}

// RenewOptions asks for another one.
type RenewOptions struct {
	EmailAddresses   []string
	Bundle           bool
	EnableCommonName bool
	PreferredChain   string
	Profile          string
}

// Certifier refuses.
type Certifier struct{}

// Obtain refuses.
func (*Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) { return nil, errNone }

// Renew refuses.
func (*Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) {
	return nil, errNone
}
