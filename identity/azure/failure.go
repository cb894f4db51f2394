package azure

import (
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/identity"
)

// missing is the failure to find credentials. reason is what was found instead, empty where it was nothing.
func missing(reason string) error {
	return &identity.Missing{
		What: "Microsoft Entra credentials", Reason: reason,
		Remedy: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH, " +
			"or run where a workload identity or a managed identity is",
	}
}

// maxAnswer bounds what is read of an error answer.
const maxAnswer = 64 << 10

// refused is the failure to get a token, by credentials or for the lack of them.
func refused(err error) error {
	var failed *azidentity.AuthenticationFailedError
	switch {
	case !errors.As(err, &failed):
		if identity.Unreachable(err) {
			return &identity.Refused{By: "Microsoft Entra", Reason: err.Error(), Passing: true}
		}
		return missing(incomplete(err.Error()))
	case failed.RawResponse == nil: // the library keeps no cause, but all that is left is the way there
		return &identity.Refused{By: "Microsoft Entra", Reason: last(err.Error()), Passing: true}
	}
	// The library has read the body and put it back.
	body, _ := io.ReadAll(io.LimitReader(failed.RawResponse.Body, maxAnswer))
	return &identity.Refused{
		By: "Microsoft Entra", Reason: strings.TrimSpace(failed.RawResponse.Status + " " + reason(body)),
		Passing: identity.Passing(failed.RawResponse.StatusCode),
	}
}

// attempt is what the default chain writes before what each of its credentials said.
var attempt = regexp.MustCompile(`\n\t([^\t])`)

// last is what the last credential of the chain said: it is the one that was found, and failed.
func last(text string) string {
	if all := attempt.FindAllStringSubmatchIndex(text, -1); len(all) > 0 {
		text = text[all[len(all)-1][2]:]
	}
	text, _, _ = strings.Cut(text, "To troubleshoot, visit")
	return text
}

// incomplete is what the chain says of credentials that the environment names and that cannot be used.
func incomplete(text string) string {
	const environment = "\tEnvironmentCredential: "
	_, said, _ := strings.Cut(text, environment)
	said, _, _ = strings.Cut(said, "\n")
	if strings.HasPrefix(said, "missing environment variable AZURE_TENANT_ID") {
		return ""
	}
	return said
}

// trailer is what Entra appends to a description for its own staff.
var trailer = regexp.MustCompile(`(?s)\s*Trace ID:.*`)

// reason is what an answer says of an error.
func reason(body []byte) string {
	text := gjson.GetBytes(body, "error").String()
	if description := trailer.ReplaceAllString(gjson.GetBytes(body, "error_description").String(), ""); description != "" {
		text += ": " + description
	}
	return text
}
