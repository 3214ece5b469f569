import CloudEmulator
import JobBench
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A folder with makefiles on a machine with a credential.
final class MakeProject {
    /// The make that is tested; another one by hand, such as 3.81.
    static let make = getenv("PULUMI_TOKEN_TESTS_MAKE").map { String(cString: $0) } ?? "make"
    static let isOld = (try? Program(make, ["--version"]).run().output.contains("3.81")) ?? false
    static let include = "\(Repository.root)/integrations/pulumi-token.mk"

    /// What most tests ask things of.
    static let usual = """
        PULUMI_TOKEN_GOALS = deploy destroy stack-%
        all: build
        build: ; @pulumi build
        deploy: build ; @pulumi up
        destroy: ; @pulumi fail
        stack-%: ; @pulumi $@
        one: ; @$(PULUMI_TOKEN_EXEC) pulumi one
        clean: ; @pulumi clean
        include \(include)

        """

    let machine: BuildMachine
    let folder: String

    convenience init(_ makefile: String = usual) throws {
        try self.init(makefile, on: try BuildMachine())
    }

    init(_ makefile: String, on machine: BuildMachine) throws {
        self.machine = machine
        folder = try machine.sandbox.makeFolder("project")
        try write(makefile, to: "Makefile")
    }

    func write(_ text: String, to name: String) throws {
        try TestBench.write(text, to: "\(folder)/\(name)")
    }

    func file(_ name: String) -> String { "\(folder)/\(name)" }

    func program(
        _ arguments: [String],
        named name: String = make,
        adding changes: [String: String] = [:]
    ) throws -> Program {
        var program = Program(name, arguments, environment: try machine.jobEnvironment(adding: changes))
        program.folder = folder
        return program
    }

    func make(_ arguments: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        try program(arguments, adding: changes).run()
    }

    var calls: [PulumiCall] { machine.pulumiCalls }

    /// What `pulumi` was called with, when it always had a minted token; else nil.
    var callsUnderToken: [String]? {
        calls.allSatisfy { $0.token == .minted } ? calls.map(\.arguments) : nil
    }

    /// How many tokens were minted, when all of them are revoked; else nil.
    var mints: Int? {
        machine.cloud.liveTokens.isEmpty ? machine.cloud.tokens(.minted).count : nil
    }
}
