// Package discovery makes the box findable on the school's network without
// anybody configuring anything: services _preau._tcp and _http._tcp, and a
// name, preau.local. It promises that the name is probed before it is used
// and defended after, that another box of the same name makes it choose
// preau-2.local and so on, that the addresses announced are those of the
// interface they are announced on, that a change of network is announced, and
// that it says goodbye. It refuses to announce on loopback, and to stop the
// box when a network does not let it speak: then it only says so.
//
// Services are announced and browsed by zeroconf. It answers no question for
// a host's address, which is what a browser asks, and neither probes nor
// defends: name.go does, after RFC 6762, sections 8 and 9.
package discovery
