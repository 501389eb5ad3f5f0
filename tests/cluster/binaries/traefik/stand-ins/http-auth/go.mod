// A stand-in, see ../README.md.
module github.com/abbot/go-http-auth

go 1.26.0
