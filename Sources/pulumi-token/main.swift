import CISystems
import HTTPTransport
import HostSystem
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

// First of all: memory holds secrets, so nothing may print it.
let start = StartState.captureAndHarden()
if let shortage = start.shortage {
    try? StandardStream.standardError.write(
        """
        pulumi-token: error: \(shortage.error)
        pulumi-token: hint: \(shortage.hint)

        """
    )
    _exit((start.words.first == "exec" ? ExitCode.notStarted : .failed).rawValue)
}
CLibrary.relyOnItself(start.environment.names)
// What takes longest before the first request begins first.
if case .command(let command, _) = Invocation(start.words), command.sendsRequests {
    CurlTransport.prepareInBackground()
}
let environment = Environment(start.environment)
/// What carries requests, made only when one is to be sent.
let makeTransport: Context.TransportFactory = { trust, proxies, context in
    CurlTransport(
        trust: trust,
        proxies: proxies,
        clock: context.clock,
        interruption: context.interruption,
        trace: context.console.tracer
    )
}
if let code = GuardianRole.run(start.words, makeTransport: makeTransport) { _exit(code.rawValue) }
if let code = ResidentHelper.run(start.words, makeTransport: makeTransport) { _exit(code.rawValue) }
let launcher = ParentProcess(start.words)

let clock = HostClock.system
var context = Context(
    environment: environment,
    start: start,
    clock: clock,
    random: .system,
    interruption: Interruption(
        by: start.signals(blocking: Signals.ending),
        clock: clock,
        isParentAlive: { launcher.isAlive }
    ),
    launcher: launcher,
    system: .detect(in: environment),
    process: .current(),
    workingFolder: WorkingFolder.current(),
    standardOutput: .standardOutput,
    standardError: .standardError,
    userAgent: "pulumi-token/\(Version.number)",
    makeTransport: makeTransport
)
context.executable = "/proc/self/exe"
let code = Tool(context: context).run(start.words)
// At once: nothing is buffered, and the libraries would only tidy up memory that goes anyway.
_exit(code.rawValue)
