import CISystems
import Glibc
import HostSystem
import StubTransport
import TokenLifecycle

// lease-writer DIRECTORY COUNT: adds so many nonces to the one lease in a state directory, and prints each after it is
// written. For tests that kill it at any moment.

let words = CommandLine.arguments
guard words.count == 3, let count = Int(words[2]) else {
    exit(64)
}
let environment = Environment(["XDG_STATE_HOME": words[1]])
let context = Context(
    environment: environment,
    start: StartState(
        arguments: [],
        environment: InitialEnvironment(block: [])
    ),
    clock: .system,
    random: .system,
    interruption: .never(clock: .system),
    launcher: ParentProcess(),
    system: .detect(in: environment),
    process: .current(),
    workingFolder: nil,
    standardOutput: StandardStream(descriptor: 1, name: "standard output"),
    standardError: StandardStream(descriptor: 2, name: "standard error"),
    userAgent: "lease-writer",
    makeTransport: { _, _, _ in StubTransport() }
)
for _ in 0..<count {
    guard var stored = try LeaseStore(context).leases(of: nil).leases.first else { exit(1) }
    let entry = Lease.Unresolved(nonce: Nonce(from: context.random), since: 1, expires: 2)
    guard (try? stored.update(.requesting(entry))) != nil else { continue }
    try context.standardOutput.write(entry.nonce.rawValue + "\n")
}
