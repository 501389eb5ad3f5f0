// Package registration stands in for lego's: nobody is registered.
package registration

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/acme"
)

var errNone = errors.New("built without ACME")

// RegisterOptions asks for an account.
type RegisterOptions struct{ TermsOfServiceAgreed bool }

// RegisterEABOptions asks for one that is bound to another account.
type RegisterEABOptions struct {
	TermsOfServiceAgreed bool
	Kid                  string
	HmacEncoded          string
}

// Registrar refuses.
type Registrar struct{}

// Register refuses.
func (*Registrar) Register(context.Context, RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, errNone
}

// RegisterWithExternalAccountBinding refuses.
func (*Registrar) RegisterWithExternalAccountBinding(
	context.Context, RegisterEABOptions,
) (*acme.ExtendedAccount, error) {
	return nil, errNone
}
