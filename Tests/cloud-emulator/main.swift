internal import CloudEmulator
internal import Glibc
let e = try CloudEmulator()
print(e.url)
print(e.parentToken())
let f = fopen("/tmp/ca.pem", "w")
fputs(e.caPEM, f)
fclose(f)
fflush(nil)
while true { pause() }
