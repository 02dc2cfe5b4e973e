package demo

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"preau/edge/box"
	"preau/edge/directory"
)

// announce tells people where to go, and scripts on the ready line.
func (d *runner) announce() {
	w := d.Progress
	fmt.Fprintf(w, "\n  Préau is running. Open these in a browser:\n\n")
	fmt.Fprintf(w, "    pupils, teachers   %s\n    board              %s/tableau\n    console            %s\n", d.at.box, d.at.box, d.at.console)
	fmt.Fprintf(w, "    over HTTPS         %s   (trust %s)\n\n", d.at.boxTLS, d.path("authority", "ca.crt"))
	link := lanURL(d.HTTP, d.at.box)
	if code, err := qrText(link); err == nil {
		fmt.Fprintf(w, "%s\n  %s", code, link)
		if link == d.at.box {
			fmt.Fprint(w, "   (start with --http :8080 to let tablets of your network in)")
		}
		fmt.Fprint(w, "\n\n")
	}
	fmt.Fprintf(w, "  Accounts made for this folder (all of them in %s):\n\n", d.path("accounts.json"))
	shown := map[string]int{}
	for _, a := range d.accounts {
		if shown[a.Role+a.Class]++; shown[a.Role+a.Class] <= 2 {
			fmt.Fprintf(w, "    %s\n", accountLine(a))
		}
	}
	fmt.Fprintf(w, "\n  Ctrl-C stops everything; the next start resumes from %s.\n", d.Dir)
	fmt.Fprintf(d.Ready, "ready box=%s console=%s store=%s origin=%s\n", d.at.box, d.at.console, d.at.store, d.at.origin)
}

func accountLine(a box.Account) string {
	switch directory.Role(a.Role) {
	case directory.Pupil:
		return fmt.Sprintf("%-12s %-22s class %s, then the pictures: %s", "pupil", a.Name, a.Class, strings.Join(a.Pictures, ", "))
	case directory.Technician:
		return fmt.Sprintf("%-12s %-22s token, once: %s", "technician", a.Name, a.Secret)
	}
	role := "teacher"
	if directory.Role(a.Role) == directory.Principal {
		role = "principal"
	}
	return fmt.Sprintf("%-12s %-22s login %s, phrase: %s", role, a.Name, a.Login, a.Secret)
}

// lanURL is how another device reaches the box: by this machine's address on
// its network, when the box listens beyond loopback.
func lanURL(listen, box string) string {
	u, err := url.Parse(box)
	host, _, splitErr := net.SplitHostPort(listen)
	if err != nil || splitErr != nil || host != "" && host != "0.0.0.0" && host != "::" {
		return box
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return box
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsPrivate() && n.IP.To4() != nil {
			u.Host = net.JoinHostPort(n.IP.String(), u.Port())
			return u.String()
		}
	}
	return box
}
