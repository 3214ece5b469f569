internal import CISystems
internal import Glibc
package import HTTPTransport
package import HostSystem
package import StubTransport
package import TestBench
package import TokenLifecycle

/// A machine in a scratch directory, on which commands run in process: real files, a virtual clock, a scripted cloud.
package final class Machine {
    package let disk: ScratchFolder
    package let time = VirtualClock()
    package var variables: [String: String]
    /// What carries requests; a test that gives none has one that fails at the first request.
    package var transport: any HTTPTransport
    /// Which process commands are.
    package var process = ProcessIdentity.current()
    private let random = Randomness.counting()
    private var interruption: Interruption?
    /// What commands find on standard input; nil for nothing that could be read.
    package var input: String?
    private var openInput: Descriptor?

    package init(_ transport: (any HTTPTransport)? = nil, variables: [String: String] = [:]) throws {
        let disk = try ScratchFolder()
        self.disk = disk
        self.transport = transport ?? StubTransport()
        try disk.makeFolder("home")
        try disk.makeFolder("tmp")
        self.variables = [
            "HOME": disk.file("home"), "TMPDIR": disk.file("tmp"), "PULUMI_ACCESS_TOKEN": "parent-credential",
        ]
        .merging(variables) { $1 }
    }

    /// A cloud on this machine's clock.
    package static func withCloud(
        variables: [String: String] = [:],
        limit: InMemoryCloud.Limit? = nil,
        pageSize: Int = 1000
    ) throws -> (Machine, InMemoryCloud) {
        let machine = try Machine(variables: variables)
        let cloud = InMemoryCloud(now: machine.time.clock.unixTime, limit: limit, pageSize: pageSize)
        machine.transport = cloud
        return (machine, cloud)
    }

    /// The context of one command, which writes to these files.
    package func context(words: [String] = [], output: Int32 = -1, error: Int32 = -1) -> Context {
        let environment = Environment(variables)
        nonisolated(unsafe) let transport = transport
        let interruption = time.interruption
        self.interruption = interruption
        var context = Context(
            environment: environment,
            start: StartState(
                arguments: words.map { Array($0.utf8) },
                environment: InitialEnvironment(block: [])
            ),
            clock: time.clock,
            random: random,
            interruption: interruption,
            launcher: ParentProcess(),
            system: .detect(in: environment),
            process: process,
            workingFolder: disk.path,
            standardOutput: StandardStream(descriptor: output, name: "standard output"),
            standardError: StandardStream(descriptor: error, name: "standard error"),
            userAgent: "pulumi-token/test",
            makeTransport: { _, _, _ in transport }
        )
        context.policyFile = disk.file("policy")
        context.standardInput = standardInput()
        return context
    }

    private func standardInput() -> Int32 {
        guard let input, let path = try? disk.write(input, to: "input") else { return -1 }
        openInput = try? Descriptor.open(path, O_RDONLY)
        return openInput?.number ?? -1
    }

    /// What a command did, as people and programs see it.
    package struct Outcome: Equatable {
        package var code: Int32
        package var output: String
        package var error: String
    }

    /// Runs something with both streams caught.
    package func run(_ words: [String] = [], _ body: (Context) -> ExitCode) throws -> Outcome {
        let output = try CaughtStream()
        let error = try CaughtStream()
        let code = body(context(words: words, output: output.descriptor, error: error.descriptor))
        return Outcome(code: code.rawValue, output: output.text, error: error.text)
    }

    /// The names of all files below a directory, sorted.
    package func files(below name: String) -> [String] { ScratchFolder.files(in: disk.file(name)).sorted() }
}

extension Randomness {
    /// Always other bytes, the same in each run.
    package static func counting() -> Randomness {
        let counter = Counter()
        return Randomness { count in (0..<count).map { _ in counter.next() } }
    }
}

private final class Counter: @unchecked Sendable {
    private var state: UInt64 = 7

    func next() -> UInt8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}
