package codexresponses_test
import ("testing";"net";"net/http";"net/http/httptest";"time";"fmt")
func TestZZ(t *testing.T){
			upstream := httptest.NewUnstartedServer(http.HandlerFunc(echo))
			upstream.Config.ConnState = func(c net.Conn, state http.ConnState) { fmt.Println("STATE", c.RemoteAddr(), state) }
			upstream.Start()
			t.Cleanup(upstream.Close)
			gw := start(t, provider("mock", upstream.URL, "transport http"))
			requireText(t, gw.Post("/v1/responses", whole), "Say hello. ")
			fmt.Println("RELOAD")
			reload(gw, site(provider("mock", refusing(t))))
			fmt.Println("RELOADED")
			time.Sleep(2*time.Second)
			fmt.Println(gw.Logs()[len(gw.Logs())-3000:])
}
