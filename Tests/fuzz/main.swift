import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

// The name of the target is taken from the environment, so that all arguments are libFuzzer's.
guard Target.chosen != nil else {
    print(Target.allCases.map(\.rawValue).joined(separator: "\n"))
    exit(getenv("FUZZ_TARGET") == nil ? 0 : 64)
}
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, oneInput))
