package media

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

const (
	longestURL  = 8192 // bytes
	longestHost = 260  // bytes: a name of the domain name system with a port
)

// parse reads a URL. Its errors are refusals, for those of the standard library quote it.
func parse(rawURL string) (*url.URL, error) {
	if len(rawURL) > longestURL {
		return nil, refusal(fmt.Sprintf("has a URL of %d bytes; at most %d are allowed", len(rawURL), longestURL))
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, refusal("has a URL that is not valid; allowed are http and https URLs")
	}
	if why := refused(u); why != "" {
		return nil, refusal("has a URL that " + why)
	}
	return u, nil
}

// refused tells why a URL is not asked, a predicate to it. It does not judge addresses: see control.
func refused(u *url.URL) string {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Sprintf("is of the scheme %.20q; allowed are http and https", u.Scheme)
	case u.Hostname() == "" || len(u.Host) > longestHost:
		return "names no host"
	case u.User != nil:
		return "holds a user name or a password; allowed are URLs without"
	case oddAddress(u.Hostname()):
		return "writes an address in an unusual form; allowed are names, and addresses such as 192.0.2.1"
	}
	return ""
}

// oddAddress reports hosts that are numbers without being a plain address, such as 2130706433, 0x7f.1 and 0177.0.0.1. Some resolvers
// read addresses out of them (inet_aton of C), and they serve for nothing but deceiving.
func oddAddress(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// control refuses connections to addresses that are not public. The dialer calls it with the address that it is about to connect to,
// so whatever a name was looked up to before, and wherever a redirection leads, this is the address that counts.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	if f.limits.Private {
		return nil
	}
	if to, err := netip.ParseAddrPort(address); err == nil && public(to.Addr()) {
		return nil
	}
	return refusal("cannot be fetched: its host's address is not public, and only public addresses are allowed")
}

var (
	// unicast6 is what of IPv6 is given out for the public network (IANA, IPv6 Global Unicast Address Assignments).
	unicast6 = netip.MustParsePrefix("2000::/3")

	// nat64 holds IPv4 addresses in the last four bytes (RFC 6052). Where there is no IPv4, every IPv4 server is asked through it.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// special are networks that are not public, by IANA's registries of special-purpose addresses for IPv4 and IPv6.
var special = prefixes(
	"0.0.0.0/8",        // this host
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared address space, also the metadata of Alibaba Cloud
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // public by number: Azure's services for the machine itself
	"169.254.0.0/16",   // link-local, also the metadata of most clouds
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocols of the IETF, also the metadata of Oracle Cloud
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // protocols of the IETF: Teredo, which holds IPv4 addresses, ORCHID, benchmarks
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4, which holds IPv4 addresses
	"3fff::/20",        // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// public reports whether an address is one of the public network.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if nat64.Contains(ip) {
		bytes := ip.As16()
		ip = netip.AddrFrom4([4]byte(bytes[12:]))
	}
	if !ip.Is4() && !unicast6.Contains(ip) { // which contains no address with a zone
		return false
	}
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}
