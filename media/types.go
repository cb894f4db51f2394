package media

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

var (
	// usualTypes are those that models which read images and documents take.
	usualTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}

	// rareTypes are those that some take besides, such as Kimi's.
	rareTypes = []string{"image/bmp", "image/heic", "image/heif"}
)

// sniffed is how many bytes of a document tell its type.
const sniffed = 512

func notTaken(typ string, types []string) string {
	return "is " + typ + " by its content; allowed are " + strings.Join(types, ", ")
}

// sniff tells a document's type by its first bytes. What a server or a URL's ending says of it is often wrong, and providers check.
func sniff(head []byte) string {
	if typ := sniffHEIF(head); typ != "" {
		return typ
	}
	typ, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if (typ == "text/xml" || typ == "text/plain") && bytes.Contains(head, []byte("<svg")) {
		return "image/svg+xml"
	}
	return typ
}

var heifBrands = map[string]string{
	"heic": "image/heic", "heix": "image/heic", "heim": "image/heic", "heis": "image/heic", "hevc": "image/heic", "hevx": "image/heic",
	"avif": "image/avif", "avis": "image/avif",
	"mif1": "image/heif", "msf1": "image/heif",
}

// sniffHEIF tells the formats that are HEIF files (ISO/IEC 23008-12) apart by the brands in their first box. Of the general brands it is
// the ones beside them that name the coding.
func sniffHEIF(head []byte) string {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return ""
	}
	typ := heifBrands[string(head[8:12])]
	if typ != "image/heif" {
		return typ
	}
	end := min(int64(binary.BigEndian.Uint32(head)), int64(len(head)))
	if end < 16 {
		return typ
	}
	for brand := range slices.Chunk(head[16:end], 4) {
		if special := heifBrands[string(brand)]; special != "" && special != typ {
			return special
		}
	}
	return typ
}
