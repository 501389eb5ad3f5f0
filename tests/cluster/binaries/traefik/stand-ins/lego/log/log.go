// Package log stands in for lego's: nothing is logged.
package log

import "log/slog"

// SetDefault does nothing.
func SetDefault(*slog.Logger) {}
