package aws

import (
	"regexp"
	"strings"
)

// The names under which Bedrock signs.
const (
	runtimeService = "bedrock"
	mantleService  = "bedrock-mantle"
)

// regionName is what regions look like, such as us-gov-west-1.
var regionName = regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$`)

// place says under which service and in which region a request to one of the hosts is signed. Bedrock's hosts name both, such as
// bedrock-runtime.us-east-1.amazonaws.com, bedrock-mantle.eu-west-1.api.aws and vpce-0a1b.bedrock-runtime.us-east-1.vpce.amazonaws.com.
// Of other hosts, which may be proxies, no region is known.
func place(hosts ...string) (service, region string) {
	for _, host := range hosts {
		labels := strings.Split(strings.ToLower(host), ".")
		for i := range len(labels) - 1 {
			if !strings.HasPrefix(labels[i], "bedrock") || !regionName.MatchString(labels[i+1]) {
				continue
			}
			if strings.HasPrefix(labels[i], mantleService) {
				return mantleService, labels[i+1]
			}
			return runtimeService, labels[i+1]
		}
	}
	return runtimeService, ""
}
