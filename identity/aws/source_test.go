package aws

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCredentialsWithoutAnEndAreReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	write := func(id string) {
		if err := os.WriteFile(path, []byte("[default]\naws_access_key_id = "+id+"\naws_secret_access_key = s\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/nowhere/config", "AWS_SHARED_CREDENTIALS_FILE": path,
	} {
		t.Setenv(name, value)
	}
	now := time.Now()
	s := &source{now: func() time.Time { return now }}
	for _, id := range []string{"AKID1", "AKID2"} {
		write(id)
		lease, err := s.fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if lease.Value.AccessKeyID != id || !lease.Expires.IsZero() || !lease.Renew.Equal(now.Add(5*time.Minute)) {
			t.Errorf("got %s until %v, to be read again at %v", lease.Value.AccessKeyID, lease.Expires, lease.Renew)
		}
	}
}
