import CloudEmulator
import JobBench
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Interrupting make while a recipe has a token.
@Suite(.hangLimit, .ownThreads) struct MakeSignalTests {
    private static let text = """
        PULUMI_TOKEN_GOALS = deploy
        deploy: ; @pulumi wait
        one: ; @$(PULUMI_TOKEN_EXEC) pulumi wait
        include \(MakeProject.include)

        """

    private func start(_ arguments: [String]) throws -> (MakeProject, RunningProgram) {
        let project = try MakeProject(Self.text)
        var program = try project.program(arguments)
        program.hasOwnGroup = true
        let make = try program.start()
        try make.await("pulumi: waiting")
        #expect(project.machine.cloud.liveTokens.count == 1)
        return (project, make)
    }

    @Test(arguments: ["deploy", "one"], [SIGINT, SIGTERM, SIGHUP])
    func `a signal for the whole group ends everything, and the token first`(goal: String, signal: Int32) throws {
        let (project, make) = try start([goal])
        make.signalGroup(signal)
        // When make has ended, the token has.
        let outcome = try make.waitForExit()
        #expect(project.mints == 1)
        #expect(outcome.status == 128 + signal || outcome.status == 2, "\(outcome)")
    }

    @Test(arguments: ["deploy", "one"])
    func `a termination of make alone is passed on`(goal: String) throws {
        let (project, make) = try start([goal])
        make.signal(SIGTERM)
        let outcome = try make.waitForExit()
        #expect(project.mints == 1)
        #expect(outcome.status == 128 + SIGTERM || outcome.status == 2, "\(outcome)")
        make.signalGroup(SIGKILL)
    }

    @Test func `a make that is killed leaves no token when its recipe ends`() throws {
        let (project, make) = try start(["deploy"])
        make.signal(SIGKILL)
        #expect(try make.waitForExit().status == 128 + SIGKILL)
        // The make inside goes on until somebody ends it, and then the token goes too.
        make.signalGroup(SIGTERM)
        _ = try make.wait()
        #expect(project.mints == 1)
    }
}
