import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// The faults of the network and of the server, while a helper mints and revokes.
@Suite(.ownThreads(.first), .seesGuardians) struct HelperFaultTests {
    /// Without `--exhaustive`, one of so many is tried.
    private static let sample = 5
    private static let mints = MintFaultTests.cases, revocations = RevokeFaultTests.cases

    private static func faults(_ cases: [FaultCase]) -> [FaultCase] {
        cases.filter { $0.cloudURL == nil }.enumerated()
            .filter { KillMatrix.isExhaustive || $0.offset % sample == 0 }.map(\.element)
    }

    /// A shell with a helper whose CLI is content with a token or without one.
    private func start(_ fault: FaultCase, on machine: BuildMachine) throws -> RunningProgram {
        let story = """
            try: CLI().request()
            except Refusal as error: say(error)
            """
        let ask = try AskingStandIn.words(machine, story).joined(separator: " ")
        let script = """
            eval "$(\(Executable.path) mint --export helper --timeout 1s --deadline \(fault.deadline)s)" || exit
            echo ready; read line; \(ask); \(Executable.path) revoke -q
            """
        var program = Program("sh", ["-c", script], environment: machine.shellEnvironment)
        program.input = .held
        return try program.start()
    }

    @Test(arguments: [faults(mints), faults(revocations)])
    func `no fault leaves a token, and no fault shows one`(cases: [FaultCase]) throws {
        let runs = try cases.map { fault in
            let machine = try BuildMachine()
            let job = try start(fault, on: machine)
            try job.await("ready")
            for misbehaviour in fault.faults { machine.cloud.misbehave(misbehaviour) }
            job.closeInput()
            return (fault, machine, job)
        }
        for (fault, machine, job) in runs {
            let outcome = try job.wait()
            let count = fault.faults.count
            let isComplete = machine.cloud.wait { $0.misbehaviours.count == count && !$0.misbehaviours.contains(0) }
            #expect(isComplete, "\(fault.name) met no request: \(machine.cloud.report.misbehaviours)")
            machine.cloud.behave()
            #expect(machine.awaitEffects(), "\(fault.name)")
            if fault.faults.contains(where: { $0.method == "DELETE" && $0.times == 0 }) {
                // A deletion that is refused to the end is left to the next run, which has the record.
                try machine.endGuardians()
                #expect(try machine.run("sweep").status == 0, "\(fault.name)")
            }
            let isOver = machine.cloud.wait { $0.liveTokens == 0 }
            #expect(isOver, "\(fault.name): \(outcome.log)")
            try machine.endGuardians()
            #expect(leaks(of: machine.mintedValues + [machine.parent], in: outcome.log) == [], "\(fault.name)")
        }
    }

    @Test func `a slow answer is waited for, and a redirection is none`() throws {
        let machine = try BuildMachine()
        machine.cloud.misbehave(Misbehaviour(method: "POST") { $0.delayAfterMs = 1500 })
        let story = """
            up = CLI(); say(status(up.token)); wait()
            try: answer('rejected', backend)
            except Refusal as error: say(error)
            say(status(up.token))
            """
        let exec = try machine.start(["exec", "--helper", "-q", "--"] + AskingStandIn.words(machine, story)) {
            $0.input = .held
        }
        try exec.await("200\n")
        machine.cloud.misbehave(Misbehaviour(method: "POST") { $0.redirect = "http://127.0.0.1:9/elsewhere" })
        exec.closeInput()
        // What was refused is still what there is.
        #expect(try exec.wait().output == "200\nthe helper ended with 69\n200\n")
        #expect(machine.cloud.tokens(.minted).count == 1)
        #expect(machine.cloud.liveTokens.isEmpty)
    }
}
