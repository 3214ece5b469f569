internal import CloudEmulator

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

if CommandLine.arguments.contains("--help") {
    write(Options.usage + "\n", to: 1)
    exit(0)
}
let parent = getppid()
holdBackSignals()
do {
    let options = try Options(Array(CommandLine.arguments.dropFirst())) { getenv($0).map { String(cString: $0) } }
    let emulator = try CloudEmulator(options.configuration, port: options.port)
    if let path = options.caFile { try writeFile(emulator.caPEM, to: path) }
    if let path = options.parentTokenFile {
        let login = options.configuration.users.first?.login ?? ""
        try writeFile(emulator.parentToken(of: login) + "\n", to: path, mode: 0o600)
    }
    if let path = options.identityRequestTokenFile {
        try writeFile(emulator.identityRequestToken + "\n", to: path, mode: 0o600)
    }
    if let path = options.portFile { try writeFile("\(emulator.port)\n", to: path) }
    write("listening on \(emulator.origin)\n", to: 1)
    waitForTheEnd(withStdin: options.endsWithStdin, with: options.endsWithParent ? parent : nil)
    emulator.stop()
} catch {
    write("cloud-emulator: error: \(error)\n", to: 2)
    exit(64)
}
