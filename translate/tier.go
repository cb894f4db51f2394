package translate

const (
	defaultTier = "default"
	autoTier    = "auto"
)

// tiers are the API's words for tiers of service, by those of providers. What it has no word for is left aside.
var tiers = map[string]string{
	defaultTier: defaultTier, "standard": defaultTier, "on_demand": defaultTier,
	"flex": "flex", "scale": "scale", "ultrafast": "ultrafast",
	"priority": "priority", "fast": "priority", // as OpenAI calls it in replies
}

// ServiceTier says which tier has served the exchange, in the provider's word.
func (s *Stream) ServiceTier(word []byte) {
	if tier, ok := tiers[string(word)]; ok {
		s.tier = tier
	}
}

// appendTier appends the tier of service, escaped: while the response runs what the client has asked for, and in the end what it got.
func (s *Stream) appendTier(dst []byte) []byte {
	wanted := s.req.ServiceTier
	switch over := s.phase == ended; {
	case over && s.tier != "":
		return append(dst, s.tier...)
	case wanted == nil, over && (!s.target.Tiers || string(wanted) == autoTier):
		return append(dst, defaultTier...)
	default:
		return append(dst, wanted...)
	}
}
