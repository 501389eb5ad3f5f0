// Package acme stands in for lego's: there are no accounts.
package acme

// Account is one.
type Account struct{}

// ExtendedAccount is one with its address.
type ExtendedAccount struct {
	Account

	Location string
}
