package contentcoding_test
import ("testing";"bytes";"crypto/rand";"encoding/hex";"github.com/klauspost/compress/zstd";"github.com/caddy-codex/responses/contentcoding")
func BenchmarkZstdTmp(b *testing.B){
 raw:=make([]byte,35<<10); rand.Read(raw); text:=[]byte(hex.EncodeToString(raw))
 var out bytes.Buffer
 w,_:=zstd.NewWriter(&out,zstd.WithWindowSize(2<<20)); w.Write(text[:100]); w.Flush(); w.Write(text[100:]); w.Close()
 b.ReportAllocs()
 for b.Loop(){ if _,err:=contentcoding.Decode(bytes.NewReader(out.Bytes()),[]string{"zstd"},int64(out.Len()),64<<20);err!=nil{b.Fatal(err)} }
}
func BenchmarkZstdAllTmp(b *testing.B){
 raw:=make([]byte,35<<10); rand.Read(raw); text:=[]byte(hex.EncodeToString(raw))
 var out bytes.Buffer
 w,_:=zstd.NewWriter(&out,zstd.WithWindowSize(2<<20)); w.Write(text[:100]); w.Flush(); w.Write(text[100:]); w.Close()
 b.ReportAllocs()
 for b.Loop(){
  d,err:=zstd.NewReader(nil,zstd.WithDecoderConcurrency(1),zstd.WithDecoderMaxMemory(64<<20)); if err!=nil{b.Fatal(err)}
  if _,err:=d.DecodeAll(out.Bytes(),nil);err!=nil{b.Fatal(err)}
  d.Close()
 }
}
func BenchmarkZstdSharedTmp(b *testing.B){
 raw:=make([]byte,35<<10); rand.Read(raw); text:=[]byte(hex.EncodeToString(raw))
 var out bytes.Buffer
 w,_:=zstd.NewWriter(&out,zstd.WithWindowSize(2<<20)); w.Write(text[:100]); w.Flush(); w.Write(text[100:]); w.Close()
 b.ReportAllocs()
  d,err:=zstd.NewReader(nil,zstd.WithDecoderConcurrency(1),zstd.WithDecoderMaxMemory(64<<20)); if err!=nil{b.Fatal(err)}
 for b.Loop(){
  if _,err:=d.DecodeAll(out.Bytes(),nil);err!=nil{b.Fatal(err)}
 }
}
