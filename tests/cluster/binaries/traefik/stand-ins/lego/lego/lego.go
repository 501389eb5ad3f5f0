// Package lego stands in for lego's: there is never a client, and Traefik says why.
package lego

import (
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

var errNone = errors.New("built without ACME")

// DirectoryURLLetsEncrypt is no address here.
const DirectoryURLLetsEncrypt = ""

// Config is a client's.
type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

// NewConfig makes an empty one.
func NewConfig(any) *Config { return &Config{} }

// Client is never made.
type Client struct {
	Certificate  *certificate.Certifier
	Challenge    *Challenges
	Registration *registration.Registrar
}

// NewClient refuses.
func NewClient(*Config) (*Client, error) { return nil, errNone }

// CreateCertPool refuses.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, errNone }

// Challenges takes none.
type Challenges struct{}

// SetDNS01Provider refuses.
func (*Challenges) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return errNone
}

// SetHTTP01Provider refuses.
func (*Challenges) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return errNone
}

// SetTLSALPN01Provider refuses.
func (*Challenges) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return errNone
}
