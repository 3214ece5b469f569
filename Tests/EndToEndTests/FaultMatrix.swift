import CloudEmulator
import JSONSchema
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One thing that goes wrong, and what a command then does about it.
struct FaultCase: Sendable {
    var name: String
    var faults: [Misbehaviour]
    /// The exit code.
    var status: Int32
    /// The requests in their order, by first letters: `PGDP` is POST, GET, DELETE, POST; nil when that is random.
    var requests: String?
    /// Minted tokens that live when the command has ended.
    var live: Int
    /// What stands in the messages.
    var says: String
    /// Another address than the emulator's.
    var cloudURL: String?
    /// The deadline of the command, in seconds: short for what only it ends, no matter to all else.
    var deadline: Int

    init(
        _ name: String,
        _ faults: Misbehaviour...,
        at cloudURL: String? = nil,
        within deadline: Int = 60,
        gives status: Int32,
        _ requests: String?,
        live: Int,
        says: String
    ) {
        self.name = name
        self.faults = faults
        self.status = status
        self.requests = requests
        self.live = live
        self.says = says
        self.cloudURL = cloudURL
        self.deadline = deadline
    }
}

extension [FaultCase] {
    /// The same faults of another kind of token.
    ///
    /// - Parameters:
    ///   - sample: those that are tried without `--exhaustive`: each way to lose a token once.
    ///   - changes: what differs, by name.
    func of(_ kind: KindChoice, sample: Set<String>, _ changes: [String: (inout FaultCase) -> Void]) -> [FaultCase] {
        let known = Set(map(\.name))
        precondition(sample.isSubset(of: known) && known.isSuperset(of: changes.keys), "no fault has such a name")
        return filter { KillMatrix.isExhaustive || sample.contains($0.name) }.map { fault in
            var fault = fault
            changes[fault.name]?(&fault)
            fault.name = "\(kind): \(fault.name)"
            return fault
        }
    }
}

/// Runs one command under many faults at once, so that waiting costs nothing.
struct FaultMatrix {
    /// A time-out that no reply needs, unless it is one that does not come.
    static let options = ["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "5s"]

    let command: [String]
    /// What the command is about.
    var kind = KindChoice.personal
    /// What ends everything afterwards.
    var cleanUp = ["revoke"]
    /// What has been done on each machine before anything goes wrong.
    var prepare: (BuildMachine) throws -> Void = { _ in }

    private struct Run {
        var fault: FaultCase
        var machine: BuildMachine
        var program: RunningProgram
        var requestsBefore: Int
    }

    /// Runs all cases, then the clean-up without any fault, after which nothing may live.
    func check(_ cases: [FaultCase], sourceLocation: SourceLocation = #_sourceLocation) throws {
        for run in try cases.map(start) {
            let outcome = try run.program.wait()
            let requests = run.machine.letters(after: run.requestsBefore)
            let live = run.machine.cloud.liveTokens.count
            let isTold = outcome.error.contains(run.fault.says)
            let result = "\(outcome.status) \(run.fault.requests == nil ? "" : requests) live \(live)"
            let expected = "\(run.fault.status) \(run.fault.requests ?? "") live \(run.fault.live)"
            #expect(result == expected, "\(run.fault.name): \(outcome.error)", sourceLocation: sourceLocation)
            #expect(isTold, "\(run.fault.name) says \(outcome.error)", sourceLocation: sourceLocation)
            let secrets = run.machine.mintedValues + [run.machine.parent]
            #expect(leaks(of: secrets, in: outcome.error) == [], sourceLocation: sourceLocation)

            run.machine.cloud.behave()
            if outcome.status == 0 || run.machine.cloud.tokens(.minted).isEmpty {
                // No guardian has anything to end; a record may speak of a request that was lost, some time ago.
                try run.machine.endGuardians()
                try run.machine.letRequestsAge()
            }
            let options = run.machine.withCredential.merging(Self.options) { $1 }
            let revoke = try Program(Executable.path, cleanUp, environment: options).run()
            #expect(revoke.status == 0, "\(run.fault.name): \(revoke.error)", sourceLocation: sourceLocation)
            let left = run.machine.cloud.liveTokens.count
            #expect(left == 0, "\(run.fault.name): \(revoke.error)", sourceLocation: sourceLocation)
            try checkEvents(of: run, outcome, sourceLocation)
        }
    }

    /// The trail tells of each token that the cloud ever had, and of its end; no form of a secret is in it.
    private func checkEvents(of run: Run, _ outcome: Outcome, _ sourceLocation: SourceLocation) throws {
        let cloud = Set(run.machine.cloud.tokens(.minted).map(\.id))
        let schema = try JSONSchema(file: "docs/schemas/event.schema.json")
        var events: [JSONValue] = []
        // A guardian that revoked what the command could not may tell so a moment later.
        let end = ContinuousClock.now + .seconds(60)
        repeat {
            if !events.isEmpty { usleep(20_000) }
            events = run.machine.events
        } while Set(events.ids(of: "revoked", "gone", "recovered", "expired")) != cloud && ContinuousClock.now < end
        let isWhole = ContinuousClock.now < end
        let told = "\(run.fault.name): \(events.map { ($0["event"]?.text ?? "", $0["id"]?.text ?? "") }), \(cloud)"
        #expect(isWhole, "\(told)", sourceLocation: sourceLocation)
        let known = Set(events.ids(of: "minted", "recovered", "gone"))
        #expect(known == cloud, "\(told)", sourceLocation: sourceLocation)
        // What happens once is told once.
        let ends = events.ids(of: "revoked", "gone", "recovered", "expired")
        #expect(ends.count == Set(ends).count, "\(told)", sourceLocation: sourceLocation)
        let mints = events.ids(of: "minted")
        #expect(mints.count == Set(mints).count, "\(told)", sourceLocation: sourceLocation)
        let text = run.machine.eventText
        for line in text.split(separator: "\n") {
            #expect(try schema.problems(of: line) == [], "\(run.fault.name)", sourceLocation: sourceLocation)
        }
        let secrets = run.machine.mintedValues + [run.machine.parent]
        #expect(leaks(of: secrets, in: text) == [], "\(run.fault.name)", sourceLocation: sourceLocation)
        let refusals = events.filter { $0["event"]?.text == "refused" }.compactMap { $0["exitCode"]?.wholeNumber }
        #expect(refusals.allSatisfy { $0 == outcome.status }, "\(told)", sourceLocation: sourceLocation)
    }

    private func start(_ fault: FaultCase) throws -> Run {
        let machine = try BuildMachine(for: kind)
        machine.environment["PULUMI_TOKEN_EVENTS"] = machine.sandbox.file("events.jsonl")
        try prepare(machine)
        let before = machine.cloud.requests.count
        for misbehaviour in fault.faults { machine.cloud.misbehave(misbehaviour) }
        var environment = machine.withCredential.merging(Self.options) { $1 }
        environment["PULUMI_TOKEN_DEADLINE"] = "\(fault.deadline)s"
        if let url = fault.cloudURL { environment["PULUMI_TOKEN_CLOUD_URL"] = url }
        let program = try Program(Executable.path, command, environment: environment).start()
        // Only then the next one, so that they share the time of waiting but not that of the processor.
        if fault.cloudURL == nil {
            #expect(machine.cloud.wait { $0.requests > before || $0.misbehaviours.contains { $0 > 0 } })
        }
        return Run(fault: fault, machine: machine, program: program, requestsBefore: before)
    }
}

extension [JSONValue] {
    fileprivate func ids(of names: String...) -> [String] {
        filter { names.contains($0["event"]?.text ?? "") }.compactMap { $0["id"]?.text }
    }
}

extension BuildMachine {
    fileprivate var eventText: String { sandbox.text("events.jsonl") ?? "" }

    /// What can be read of it; a line may be under way.
    fileprivate var events: [JSONValue] {
        eventText.split(separator: "\n").compactMap { try? JSONValue(text: Array($0.utf8)) }
    }

    fileprivate func letters(after count: Int) -> String {
        // A guardian that goes on with what the command could not revoke does so in its own time.
        let own = cloud.requests.dropFirst(count).filter { request in
            !request.fields.contains { $0.name.lowercased() == "user-agent" && $0.value.hasSuffix(" guardian") }
        }
        return own.map { String($0.method.prefix(1)) }.joined()
    }
}
