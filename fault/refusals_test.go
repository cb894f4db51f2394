package fault_test

import (
	"net/http"
	"testing"

	"github.com/caddy-codex/responses/fault"
)

// What providers say of a model that an account may not use, as they say it. The key is good for others.
func TestAModelOutOfReachSpeaksAgainstNoKey(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
	}{
		"OpenAI":                 {403, `{"error":{"message":"Project ` + "`proj_abc`" + ` does not have access to model ` + "`gpt-5.2-pro`" + `","type":"invalid_request_error","param":null,"code":"model_not_found"}}`},
		"OpenAI, without a code": {403, `{"error":{"message":"Project ` + "`proj_abc`" + ` does not have access to model ` + "`gpt-4.1-2025-04-14`" + `","type":"invalid_request_error","param":null,"code":null}}`},
		"OpenAI, unverified":     {403, `{"error":{"message":"Your organization must be verified to use the model ` + "`gpt-5`" + `. Please go to: https://platform.openai.com/settings/organization/general","type":"invalid_request_error","code":null}}`},
		"Azure, not deployed":    {404, `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}`},
		"Azure, not granted":     {403, `{"error":{"code":"SpecialFeatureOrQuotaIdRequired","message":"The current subscription does not have access to this model 'Format:OpenAI,Name:gpt-5'."}}`},
		"Groq, organization":     {403, `{"error":{"message":"The model ` + "`openai/gpt-oss-120b`" + ` is blocked at the organization level. Please have the org admin enable this model in the org settings at https://console.groq.com/settings/limits","type":"permissions_error","code":"model_permission_blocked_org"}}`},
		"Groq, project":          {403, `{"error":{"message":"The model ` + "`openai/gpt-oss-120b`" + ` is blocked at the project level.","type":"permissions_error","code":"model_permission_blocked_project"}}`},
		"Anthropic":              {404, `{"type":"error","error":{"type":"not_found_error","message":"model: claude-opus-9"}}`},
		"Anthropic, on Bedrock":  {403, `{"type":"error","error":{"type":"permission_error","message":"You don't have access to the model with the specified model ID."}}`},
		"Vertex":                 {403, `{"error":{"code":403,"message":"Publisher Model ` + "`projects/p/locations/l/publishers/anthropic/models/claude-opus-9`" + ` was not found or your project does not have access to it.","status":"PERMISSION_DENIED"}}`},
		"xAI":                    {404, `{"code":"Some requested entity was not found","error":"The model grok-beta does not exist or your team bdc397fa does not have access to it. Please ensure you're using the correct API key."}`},
		"xAI, in other words":    {403, `{"code":"The caller does not have permission to execute the specified operation","error":"Your team bdc397fa does not have access to the model grok-4."}`},
		"Mistral":                {403, `{"object":"error","message":"This model is not available in your subscription tier","type":"tier_not_allowed","param":null,"code":"1910"}`},
		"GLM":                    {429, `{"error":{"code":"1311","message":"Your current subscription plan does not yet include access to GLM-5.3-FlashX"}}`},
		"GitHub":                 {403, `{"error":{"code":"no_access","message":"No access to model: openai/gpt-5","details":"No access to model: openai/gpt-5"}}`},
		"Ollama":                 {403, `{"error":"this model requires a subscription, upgrade for access: https://ollama.com/upgrade"}`},
		"Doubao":                 {404, `{"error":{"code":"ModelNotOpen","message":"Your account 2106993666 has not activated the model doubao-pro-32k. Please activate the model service in the Ark Console.","type":"NotFound"}}`},
		"LiteLLM, key":           {401, `{"error":{"message":"key not allowed to access model. This key can only access models=['a', 'b']. Tried to access c","type":"key_model_access_denied","param":"model","code":"401"}}`},
		"LiteLLM, team":          {403, `{"error":{"message":"Team not allowed to access model. Team=t, Model=c. Allowed team models = ['a']","type":"team_model_access_denied","param":"model","code":"403"}}`},
		"another gateway":        {403, `{"error":{"message":"User u is not authorized to access model x/grok-4 or model does not exist","type":"AuthorizationError","code":"403"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := answered(test.status, test.body); f.Kind != fault.NoSuchModel {
				t.Errorf("got kind %d for %q", f.Kind, f.Message)
			}
		})
	}
}

func TestWhatSpeaksAgainstTheKey(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
	}{
		"a wrong key":                        {401, `{"error":{"message":"Incorrect API key provided: sk-ab***yz.","type":"invalid_request_error","code":"invalid_api_key"}}`},
		"a wrong key, in other words":        {401, `{"error":{"message":"Incorrect API key provided. Please make sure it has access to the model.","code":null}}`},
		"a scope that a key of OpenAI lacks": {401, `{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: model.request. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.","type":"invalid_request_error"}}`},
		"a role that one of Azure lacks":     {401, `{"error":{"code":"PermissionDenied","message":"The principal ` + "`x`" + ` lacks the required data action ` + "`Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action`" + ` to perform ` + "`POST /openai/deployments/{deployment-id}/chat/completions`" + ` operation."}}`},
		"a permission that Google demands":   {403, `{"error":{"code":403,"message":"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/p/locations/l/publishers/google/models/gemini-3-pro' (or it may not exist).","status":"PERMISSION_DENIED"}}`},
		"an API that is not switched on":     {403, `{"error":{"code":403,"message":"Vertex AI API has not been used in project 7 before or it is disabled.","status":"PERMISSION_DENIED"}}`},
		"an organization without access":     {403, `{"type":"error","error":{"type":"permission_error","message":"Your organization does not have access to Claude. Please login again or contact your administrator."}}`},
		"a kind of login":                    {403, `{"type":"error","error":{"type":"permission_error","message":"OAuth authentication is currently not allowed for this organization."}}`},
		"a country that is not served":       {403, `{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}`},
		"a refusal without a reason":         {403, `{"error":{"type":"forbidden","message":"Request not allowed"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := answered(test.status, test.body); f.Kind != fault.Unauthorized {
				t.Errorf("got kind %d for %q", f.Kind, f.Message)
			}
		})
	}
	for _, status := range []int{401, 403} {
		if f := answered(status, "Unauthorized", "Content-Type", "text/html; charset=utf-8"); f.Kind != fault.Unauthorized {
			t.Errorf("a word that is merely called a page: got kind %d with status %d", f.Kind, status)
		}
	}
}

// A limit that a request alone would go over is no limit that is used up: waiting does not help, and a smaller request is served.
func TestARequestThatIsLargerThanALimitSpeaksAgainstNoKey(t *testing.T) {
	const groq = "Request too large for model `llama-3.3-70b-versatile` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): " +
		"Limit 6000, Requested 8012, please reduce your message size and try again."
	said := func(message, more string) string { return `{"error":{"message":"` + message + `"` + more + `}}` }
	const limited = `,"type":"tokens","param":null,"code":"rate_limit_exceeded"`
	tests := map[string]struct {
		status int
		body   string
		want   fault.Kind
	}{
		"Groq":                     {413, said(groq, limited), fault.Rejected},
		"OpenAI":                   {429, said("Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 10000, Requested 15000. The input or output tokens must be reduced in order to run successfully.", limited), fault.Rejected},
		"OpenAI, a version":        {429, said("Request too large for gpt-4.1-2025-04-14 (for limit gpt-4.1) in organization org-1 on tokens per min (TPM): Limit 30000, Requested 37313.", limited), fault.Rejected},
		"OpenRouter":               {402, said("This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 2000. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account", `,"code":402`), fault.Rejected},
		"OpenRouter, the prompt":   {402, said("Prompt tokens limit exceeded: 230799 > 91442. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher monthly limit", `,"code":402`), fault.Rejected},
		"in a stream":              {0, said(groq, limited), fault.Rejected},
		"Groq, used up":            {429, said("Rate limit reached for model `llama-3.1-8b-instant` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5034, Requested 1443. Please try again in 4.77s.", limited), fault.RateLimited},
		"OpenAI, used up":          {429, said("Rate limit reached for gpt-4o in organization org-1 on tokens per min (TPM): Limit 10000, Used 9000, Requested 3000. Please try again in 12s.", limited), fault.RateLimited},
		"OpenRouter, nothing left": {402, said("This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 0.", `,"code":402`), fault.NoCredit},
		"OpenRouter, no prompt":    {402, said("Prompt tokens limit exceeded: 30 > 0. To increase, visit https://openrouter.ai/settings/credits", `,"code":402`), fault.NoCredit},
		"OpenRouter, out of money": {402, said("Insufficient credits. Add more using https://openrouter.ai/settings/credits", `,"code":402`), fault.NoCredit},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := answered(test.status, test.body)
			if test.status == 0 {
				f, _ = fault.FromBody("p", []byte(test.body), now)
			}
			if f.Kind != test.want {
				t.Errorf("got kind %d for %q, want %d", f.Kind, f.Message, test.want)
			}
			if f.Kind == fault.Rejected && (f.HTTPStatus() != http.StatusBadRequest || !f.AnotherTarget()) {
				t.Errorf("it is told with %d, another target %v", f.HTTPStatus(), f.AnotherTarget())
			}
		})
	}
}
