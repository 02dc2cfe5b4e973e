// Package line is how the process speaks to the Internet from inside a
// school: through a proxy that wants a password, past portals and filters.
// It promises that what stands in the way is called by its name, with what to
// do about it, and that no step but the transfer itself may take for ever. It
// refuses to get around any of it: a certificate that does not verify is not
// accepted.
package line

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"preau"
)

const maxRedirects = 5

// Transport makes a transport that goes through proxy; nil: the one that the
// environment names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), if any.
func Transport(proxy *url.URL) http.RoundTripper {
	choose := http.ProxyFromEnvironment
	if proxy != nil {
		choose = func(r *http.Request) (*url.URL, error) {
			if near(r.URL.Hostname()) {
				return nil, nil
			}
			return proxy, nil
		}
	}
	return explaining{&http.Transport{
		Proxy: choose, DialContext: (&net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 20 * time.Second, ResponseHeaderTimeout: time.Minute, IdleConnTimeout: time.Minute,
		MaxIdleConnsPerHost: 4, MaxResponseHeaderBytes: 64 << 10,
		DisableCompression: true, // films are compressed, and offsets count the file's own bytes
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
			return proxyRefusal(proxy, resp)
		},
	}}
}

// near reports whether a host is no matter for a proxy.
func near(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// errCircle marks a chain of redirects without an end.
var errCircle = errors.New("redirects without an end")

// Client makes a client of a transport; it follows a few redirects.
func Client(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return preau.E(preau.Unavailable, fmt.Sprintf("%s sends the box from one address to the next without end", via[0].URL.Host),
				"Tell whoever keeps this server; a captive portal does the same: sign in to it.", errCircle)
		}
		return nil
	}}
}

// NoPages is next for files that are never web pages: one that comes all the
// same is a portal's.
func NoPages(next http.RoundTripper) http.RoundTripper { return noPages{next} }

type noPages struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n noPages) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" && resp.StatusCode == http.StatusOK {
		resp.Body.Close()
		return nil, portal(r.URL.Host)
	}
	return resp, nil
}

func portal(host string) error {
	return preau.E(preau.Unavailable, "a web page answers instead of "+host+" (a captive portal or a filter)", "Let the box through the school's filter, or sign in to the portal.", nil)
}

// explaining names what stands in the way.
type explaining struct{ next *http.Transport }

// RoundTrip implements http.RoundTripper.
func (e explaining) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, explain(r, err)
	}
	switch resp.StatusCode {
	case http.StatusProxyAuthRequired:
		defer resp.Body.Close()
		proxy, err := e.next.Proxy(r)
		if err != nil || proxy == nil {
			proxy = &url.URL{Host: r.URL.Host}
		}
		return nil, proxyRefusal(proxy, resp)
	case http.StatusNetworkAuthenticationRequired:
		resp.Body.Close()
		return nil, portal(r.URL.Host)
	}
	return resp, nil
}

// CloseIdleConnections lets clients end what they keep.
func (e explaining) CloseIdleConnections() { e.next.CloseIdleConnections() }

// proxyRefusal is what a proxy's answer means; nil when it lets through.
func proxyRefusal(proxy *url.URL, resp *http.Response) error {
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode == http.StatusProxyAuthRequired && proxy.User == nil:
		return preau.E(preau.Unavailable, fmt.Sprintf("the school's proxy %s wants a name and a password", proxy.Host),
			`Write them in identity/proxy.json of the data folder: {"user": …, "password": …}, or in HTTPS_PROXY, and restart the box.`, nil)
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return preau.E(preau.Unavailable, fmt.Sprintf("the school's proxy %s refuses the name or the password of the box", proxy.Host),
			"Correct them in identity/proxy.json of the data folder, or in HTTPS_PROXY, and restart the box.", nil)
	}
	return preau.E(preau.Unavailable, fmt.Sprintf("the school's proxy %s does not let the box through: %.60s", proxy.Host, resp.Status),
		"Have the catalogue's and the store's addresses allowed on the proxy.", nil)
}

// explain turns a failure of the transport into words.
func explain(r *http.Request, err error) error {
	host := r.URL.Host
	e := func(text, remedy string) error { return preau.E(preau.Unavailable, text, remedy, err) }
	if r.Context().Err() != nil {
		return err
	}
	if known, ok := errors.AsType[*preau.Error](err); ok {
		return known // the proxy's
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		if why, ok := errors.AsType[x509.CertificateInvalidError](err); ok && why.Reason == x509.Expired {
			return e("the certificate of "+host+" has expired, or the box's clock is wrong", "Check the clock: preau status; else tell whoever keeps this server.")
		}
		by := ""
		if len(bad.UnverifiedCertificates) > 0 {
			by = fmt.Sprintf(" (its certificate is signed by %.80q)", bad.UnverifiedCertificates[0].Issuer.String())
		}
		return e("something between the box and "+host+" opens its encrypted line"+by, "Exempt the box from TLS inspection on the school's filter; what it fetches is signed and verified anyway.")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return e("something answers in clear instead of "+host+" (a captive portal or a filter)", "Let the box through the school's filter, or sign in to the portal.")
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return e("the name "+r.URL.Hostname()+" is not found", "Nothing to do if the line is cut. If it lasts, check the DNS servers the box was given.")
	}
	return e(host+" cannot be reached", "Nothing to do: the box tries again by itself. If it lasts, check the school's line and proxy.")
}
