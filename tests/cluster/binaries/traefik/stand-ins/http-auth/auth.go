// Package auth stands in for go-http-auth: nobody's password is right.
package auth

import "net/http"

// SecretProvider finds the secret of a user.
type SecretProvider func(user, realm string) string

// CheckSecret refuses every password.
func CheckSecret(_, _ string) bool { return false }

// BasicAuth refuses everybody.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// RequireAuth answers 401.
func (*BasicAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// DigestAuth refuses everybody.
type DigestAuth struct{}

// NewDigestAuthenticator makes one.
func NewDigestAuthenticator(_ string, _ SecretProvider) *DigestAuth { return &DigestAuth{} }

// DigestAuthParams finds none in a header.
func DigestAuthParams(_ string) map[string]string { return nil }

// CheckAuth knows no user.
func (*DigestAuth) CheckAuth(_ *http.Request) (string, *string) { return "", nil }

// RequireAuth answers 401.
func (*DigestAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// RequireAuthStale answers 401.
func (*DigestAuth) RequireAuthStale(w http.ResponseWriter, _ *http.Request) { refuse(w) }

func refuse(w http.ResponseWriter) {
	http.Error(w, "built without go-http-auth", http.StatusUnauthorized)
}
