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
CLibrary.relyOnItself()

let parent = ParentProcess(start.words)

let environment = Environment(start.environment)
let clock = HostClock.system
let context = Context(
    environment: environment,
    start: start,
    clock: clock,
    random: .system,
    interruption: Interruption(
        by: start.signals(blocking: [SIGINT, SIGTERM, SIGHUP, ParentProcess.signal]),
        clock: clock,
        isParentAlive: { parent.isAlive }
    ),
    parent: parent,
    system: .detect(in: environment),
    process: .current(),
    workingFolder: WorkingFolder.current(),
    standardOutput: .standardOutput,
    standardError: .standardError
)
let code = Tool(context: context).run(start.words)
// At once: nothing is buffered, and the libraries would only tidy up memory that goes anyway.
_exit(code.rawValue)
