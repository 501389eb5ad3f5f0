// A stand-in, see ../README.md.
module github.com/traefik/traefik/dynamic/ext

go 1.26.0
