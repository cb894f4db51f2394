package media

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPublicAddresses(t *testing.T) {
	tests := map[string]bool{
		"1.1.1.1": true, "8.8.8.8": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "172.32.0.1": true, "192.167.0.1": true,
		"223.255.255.255": true, "2606:4700::1111": true, "2001:4860:4860::8888": true, "::ffff:8.8.8.8": true, "64:ff9b::8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.255.255.254": false, "10.0.0.1": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.168.1.1": false, "169.254.169.254": false, "169.254.170.2": false, "100.64.0.1": false,
		"100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false, "192.0.2.1": false, "192.88.99.1": false, "198.18.0.1": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,

		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"fec0::1": false, "ff02::1": false, "100::1": false, "2001:db8::1": false, "3fff::1": false, "5f00::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "::ffff:0:127.0.0.1": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::8.8.8.8": false,
		"2002:7f00:1::1": false, "2002:808:808::1": false, "2001::1": false, "2001:10::1": false,
	}
	for text, want := range tests {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public is %v", text, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestConnectionsToOtherThanPublicAddressesAreRefused(t *testing.T) {
	tests := map[string]bool{
		"1.1.1.1:443": true, "[2606:4700::1111]:443": true,
		"127.0.0.1:80": false, "[::1]:80": false, "10.0.0.1:80": false, "169.254.169.254:80": false, "[::ffff:127.0.0.1]:80": false,
		"[fe80::1%eth0]:80": false, "localhost:80": false, "/run/socket": false, "": false,
	}
	for address, passes := range tests {
		f := fetcher(t, Limits{}, new(clock))
		if err := f.dialer.Control("tcp", address, nil); (err == nil) != passes {
			t.Errorf("connecting to %q: %v", address, err)
		}
		if err := local(t, Limits{}).dialer.Control("tcp", address, nil); err != nil {
			t.Errorf("connecting to %q, where private addresses are allowed: %v", address, err)
		}
	}
}

func TestHostsThatArePrivateAreNotAsked(t *testing.T) {
	s := serveBytes(t, png)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	const closed, odd = "its host's address is not public, and only public addresses are allowed", "writes an address in an unusual form"
	tests := map[string]string{ // what is said of a host
		"127.0.0.1": closed, "10.0.0.1": closed, "169.254.169.254": closed, "[::ffff:127.0.0.1]": closed, "[::ffff:7f00:1]": closed,
		"0.0.0.0": closed, "localhost": closed,
		"[::1]": "", "[::]": "", // a machine without IPv6 fails on its own
		"2130706433": odd, "0x7f000001": odd, "0x7f.0.0.1": odd, "0177.0.0.1": odd, "127.1": odd, "127.0.0.1.1": odd, "2130706433.": odd, "0X7F.0X1": odd,
	}
	for host, says := range tests {
		t.Run(host, func(t *testing.T) {
			refusedWith(t, one(t.Context(), fetcher(t, Limits{}, new(clock)), "http://"+host+":"+port+"/"), says)
		})
	}
	if asked := s.asked.Load(); asked != 0 {
		t.Errorf("the server was asked %d times", asked)
	}
}

func TestNamesThatLookLikeNumbersAreNames(t *testing.T) {
	for _, host := range []string{"example.com", "1.example.com", "0x.example", "a0x1", "example.0xyz", "1e100.net", "192.0.2.1", "::1", "com."} {
		if oddAddress(host) {
			t.Errorf("%s is taken for an odd address", host)
		}
	}
}

func TestURLsThatAreNotAsked(t *testing.T) {
	tests := map[string]string{
		"ftp://example.com/a.png":            `is of the scheme "ftp"; allowed are http and https`,
		"file:///etc/passwd":                 "allowed are http and https",
		"data:image/png;base64,AAAA":         "allowed are http and https",
		"//example.com/a.png":                "allowed are http and https",
		"a.png":                              "allowed are http and https",
		"":                                   "allowed are http and https",
		"http://":                            "names no host",
		"http://:80/":                        "names no host",
		"https:example.com":                  "names no host",
		"http://user@example.com/":           "holds a user name or a password",
		"http://user:word@example.com/":      "holds a user name or a password",
		"http://exa mple.com/":               "is not valid",
		"http://" + strings.Repeat("a", 300): "names no host",
		"http://a/" + strings.Repeat("a", longestURL): "at most 8192 are allowed",
	}
	for rawURL, says := range tests {
		refusedWith(t, one(t.Context(), local(t, Limits{}), rawURL), says)
	}
}

// asPublic has a server stand for one on the public network: the fetcher connects to it, and to nothing else that is on loopback.
func asPublic(f *Fetcher, server *httptest.Server) {
	address := server.Listener.Addr().String()
	f.dialer.Control = func(network, to string, conn syscall.RawConn) error {
		if to == address {
			return nil
		}
		return f.control(network, to, conn)
	}
}

func TestRedirectionsAreChecked(t *testing.T) {
	private := serveBytes(t, png)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		to, ok := strings.CutPrefix(r.URL.RequestURI(), "/to/")
		if !ok {
			w.Write(png)
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
	tests := map[string]struct {
		path string
		says string // empty for one that is followed
	}{
		"to a path":                       {"/to//picture", ""},
		"three times":                     {"/to//to//to//picture", ""},
		"four times":                      {"/to//to//to//to//picture", "redirects more than 3 times"},
		"to a private server":             {"/to/" + private.URL, "address is not public"},
		"to a private server, by a step":  {"/to//to/" + private.URL, "address is not public"},
		"to the metadata of a cloud":      {"/to/http://169.254.169.254/latest/meta-data/", "address is not public"},
		"to localhost":                    {"/to/http://localhost:1/", "address is not public"},
		"to a mapped address":             {"/to/http://[::ffff:10.0.0.1]/", "address is not public"},
		"to a number":                     {"/to/http://2130706433/", "redirects to a URL that writes an address in an unusual form"},
		"to another scheme":               {"/to/file:///etc/passwd", `redirects to a URL that is of the scheme "file"; allowed are http and https`},
		"to a URL with a user's password": {"/to/http://user:word@example.com/", "redirects to a URL that holds a user name"},
		"to what is no URL":               {"/to/http://[", "the connection failed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := fetcher(t, Limits{}, new(clock))
			asPublic(f, s.Server)
			r := one(t.Context(), f, s.URL+test.path)
			if test.says != "" {
				refusedWith(t, r, "the document at "+s.Listener.Addr().String(), test.says)
			} else if r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	if asked := private.asked.Load(); asked != 0 {
		t.Errorf("the private server was asked %d times", asked)
	}
}

func TestARedirectionDoesNotLeaveTLS(t *testing.T) {
	plain := serveBytes(t, png)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain":
			http.Redirect(w, r, plain.URL, http.StatusFound)
		case "/tls":
			http.Redirect(w, r, "/picture", http.StatusFound)
		default:
			w.Write(png)
		}
	}))
	defer s.Close()
	f := local(t, Limits{})
	refusedWith(t, one(t.Context(), f, s.URL), "certificate is not valid")

	f = local(t, Limits{})
	f.client.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	refusedWith(t, one(t.Context(), f, s.URL+"/plain"), "redirects from https to http; allowed is https to https")
	if r := one(t.Context(), f, s.URL+"/tls"); r.Err != nil {
		t.Error(r.Err)
	}
	if asked := plain.asked.Load(); asked != 0 {
		t.Errorf("the server without TLS was asked %d times", asked)
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	if f := fetcher(t, Limits{}, new(clock)); f.client.Transport.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy, which would connect to addresses that are not checked")
	}
}

// A name that is public when it is looked up first, and private when it is connected to, gets nowhere: each look-up is followed by the
// check of what came of it.
func TestANameThatChangesItsAddressIsChecked(t *testing.T) {
	s := serveBytes(t, png)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	f := fetcher(t, Limits{}, new(clock))
	f.dialer.Resolver = nameServer([4]byte{127, 0, 0, 1})
	refusedWith(t, one(t.Context(), f, "http://rebound.example:"+port+"/"), "the document at rebound.example:"+port, "address is not public")

	f = fetcher(t, Limits{}, new(clock))
	f.dialer.Resolver = nameServer()
	refusedWith(t, one(t.Context(), f, "http://unknown.example/"), "no address is known for the host's name")
	if asked := s.asked.Load(); asked != 0 {
		t.Errorf("the server was asked %d times", asked)
	}
}

// nameServer resolves every name to the same addresses.
func nameServer(addresses ...[4]byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				reply := nameReply(query, addresses)
				if _, err := server.Write(binary.BigEndian.AppendUint16(nil, uint16(len(reply)))); err != nil {
					return
				}
				server.Write(reply)
			}
		}()
		return client, nil
	}}
}

func nameReply(query []byte, addresses [][4]byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if len(addresses) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	q := m.Questions[0]
	for _, a := range addresses {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: a},
			})
		}
	}
	reply, _ := m.Pack()
	return reply
}
