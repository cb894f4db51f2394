package media

import "testing"

func TestTypesAreToldByContent(t *testing.T) {
	tests := map[string]struct{ head, typ string }{
		"JPEG":                               {"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		"PNG":                                {string(png), "image/png"},
		"GIF of 1987":                        {"GIF87a", "image/gif"},
		"GIF of 1989":                        {"GIF89a", "image/gif"},
		"WebP":                               {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"},
		"BMP":                                {string(bmp), "image/bmp"},
		"PDF":                                {string(pdf), "application/pdf"},
		"HEIC":                               {string(heic), "image/heic"},
		"HEIC that may be read as a video":   {"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mp41mp42heic", "image/heic"},
		"HEIC by a brand beside the general": {"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafheic", "image/heic"},
		"a sequence in HEIC":                 {"\x00\x00\x00\x14ftyphevc\x00\x00\x00\x00msf1", "image/heic"},
		"HEIF of no known coding":            {"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1miaf", "image/heif"},
		"HEIF without brands":                {"\x00\x00\x00\x10ftypmif1\x00\x00\x00\x00heic", "image/heif"},
		"HEIF with a box of a wrong size":    {"\x00\x00\x00\x01ftypmif1\x00\x00\x00\x00heic", "image/heif"},
		"HEIF with a box beyond what is read": {
			"\xff\xff\xff\xffftypmif1\x00\x00\x00\x00miafhe", "image/heif",
		},
		"AVIF":                               {"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "image/avif"},
		"AVIF by a brand beside the general": {"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "image/avif"},
		"a video":                            {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp41isom", "video/mp4"},
		"HTML":                               {"\n<!doctype html><html>", "text/html"},
		"HTML with SVG":                      {"<html><body><svg></svg>", "text/html"},
		"SVG":                                {"<svg/>", "image/svg+xml"},
		"XML":                                {`<?xml version="1.0"?><note/>`, "text/xml"},
		"text":                               {"hello", "text/plain"},
		"binary":                             {"\x00\x01\x02", "application/octet-stream"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := sniff([]byte(test.head)); got != test.typ {
				t.Errorf("got %s, want %s", got, test.typ)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	for _, seed := range [][]byte{png, pdf, bmp, heic, []byte("\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if sniff(head) == "" && (len(head) < 8 || string(head[4:8]) != "ftyp") {
			t.Errorf("%q has no type", head)
		}
	})
}
