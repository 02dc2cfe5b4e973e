// Package deb holds the recipe of the Debian packages, `make deb`, and its
// test, which installs, runs and purges one in a Debian tree of its own. The
// packages promise a service that runs as a user with no other right than low
// ports, that an upgrade keeps everything, and that a purge leaves nothing.
package deb
