package translate

import "strconv"

// Usage counts the tokens of an exchange, as the Responses API counts them: the input contains what was cached, the output contains
// the reasoning.
type Usage struct {
	Input      int64
	Cached     int64
	CacheWrite int64
	Output     int64
	Reasoning  int64

	// Estimated says that the provider gave no counts and that these come from the lengths of the texts.
	Estimated bool
}

// bytesPerToken is the usual length of a token of mixed prose and code. It serves where a provider counts nothing, because a client
// whose context meter stands at zero never compacts.
const bytesPerToken = 4

// tokensPerImage is what an image of usual size costs, whatever its bytes.
const tokensPerImage = 1000

func estimate(bytes int) int64 { return int64(bytes+bytesPerToken-1) / bytesPerToken }

// estimate is about how many tokens the request has.
func (r *Request) estimate() int64 {
	if r.Complete() != nil {
		return estimate(r.Size)
	}
	size, images := r.Size, int64(0)
	for i := range r.History {
		for j := range r.History[i].Parts {
			if part := &r.History[i].Parts[j]; part.Kind == ImagePart {
				size -= len(part.Text)
				images++
			}
		}
	}
	return estimate(size) + images*tokensPerImage
}

// aligned brings counts of other semantics into line: some providers leave what was cached out of the input, or what was thought
// out of the output.
func (u Usage) aligned() Usage {
	if cache := u.Cached + u.CacheWrite; cache > u.Input {
		u.Input += cache
	}
	if u.Reasoning > u.Output {
		u.Output += u.Reasoning
	}
	return u
}

// plus adds what has been spent besides.
func (u Usage) plus(v Usage) Usage {
	return Usage{u.Input + v.Input, u.Cached + v.Cached, u.CacheWrite + v.CacheWrite, u.Output + v.Output, u.Reasoning + v.Reasoning, u.Estimated || v.Estimated}
}

func (u *Usage) append(dst []byte) []byte {
	dst = append(dst, `{"input_tokens":`...)
	dst = strconv.AppendInt(dst, u.Input, 10)
	dst = append(dst, `,"input_tokens_details":{"cached_tokens":`...)
	dst = strconv.AppendInt(dst, u.Cached, 10)
	dst = append(dst, `,"cache_write_tokens":`...)
	dst = strconv.AppendInt(dst, u.CacheWrite, 10)
	dst = append(dst, `},"output_tokens":`...)
	dst = strconv.AppendInt(dst, u.Output, 10)
	dst = append(dst, `,"output_tokens_details":{"reasoning_tokens":`...)
	dst = strconv.AppendInt(dst, u.Reasoning, 10)
	dst = append(dst, `},"total_tokens":`...)
	dst = strconv.AppendInt(dst, u.Input+u.Output, 10)
	return append(dst, '}')
}

// Needs is what the request needs of a model: whether it has images and tools, and how many tokens it has at the least. Nothing is known of a
// request that is passed on as it came.
func (r *Request) Needs() (images, tools bool, tokens int) {
	if r.bare {
		return false, false, 0
	}
	const certain = 4 // of five estimated tokens: texts of some languages have fewer
	return r.Media > 0, len(r.Tools.List) > 0, int(r.estimate()) * certain / 5
}
