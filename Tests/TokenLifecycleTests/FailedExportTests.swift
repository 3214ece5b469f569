import CISystems
import HostSystem
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// What a failed mint leaves for the shell that sources it.
@Suite struct FailedExportTests {
    @Test(arguments: ["bash", "dash", "mksh", "zsh"])
    func `where no temporary folder can be written, a shell still loses its credential and ends`(shell: String) throws {
        let stage = try Stage()
        stage.context.system.places.temporary = [stage.machine.disk.file("missing")]
        // The folder is one of the machine's own, in which no two may have the same name.
        stage.context.random = .system
        FailedExport(to: ["OTHER"], in: stage.context).leaveScript(.notAllowed)
        let path = try #require(stage.printed.split(separator: "\n").first.map(String.init))
        defer { JobFolder.remove(at: FilePath.directory(of: path)) }
        let script = ". '\(path)' || { echo \"$? ${PULUMI_ACCESS_TOKEN-none} ${OTHER-none}\"; exit 1; }; echo on"
        var program = Program(shell, ["-c", script], environment: Program.usualPath)
        program.environment.merge(["PULUMI_ACCESS_TOKEN": "parent-credential", "OTHER": "stale"]) { $1 }
        let outcome = try program.run()
        #expect(outcome.output == "77 none none\n", "\(outcome)")
    }
}
