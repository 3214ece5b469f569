import CISystems
import HostSystem
import Redaction
import RunnerGrammars
import Secrets
import StubTransport
import TestBench
import Testing

@Suite struct MaskingTests {
    private func lines(_ masking: Masking, _ values: String...) -> [String] {
        masking.maskLines(for: values.map { Secret($0) }).lines.map(\.plainText)
    }

    private func unmaskable(_ masking: Masking, _ values: String...) -> [String] {
        masking.maskLines(for: values.map { Secret($0) }).unmaskable.map(\.plainText)
    }

    /// Everything that has ever misled a runner.
    private static let traps = ["%", "%25", "%0A", "%0a", "%0D", "%3A", "::", "\r", "\n", "\r\n"]
    private static let harmless = [":", " ", "\t", "##[", "]", "é", "a", "Zz9", ",", "="]

    private func values(seed: UInt64, of parts: [String]) -> [String] {
        var generator = SeededGenerator(seed: seed)
        return (0..<400).map { _ in
            (0...generator.number(0...7)).map { _ in parts[generator.number(0...parts.count - 1)] }.joined()
        }
    }

    @Test func `GitHub is told a value on one line, escaped`() {
        let masking = Masking.workflowCommands(.escaped)
        #expect(lines(masking, "pul-0123") == ["::add-mask::pul-0123\n"])
        #expect(lines(masking, "a%b\r\nc%0Ad") == ["::add-mask::a%25b%0D%0Ac%250Ad\n"])
        #expect(lines(masking, "::add-mask::x") == ["::add-mask::::add-mask::x\n"])
        #expect(lines(masking, " a ") == ["::add-mask:: a \n"])
        #expect(lines(masking, "a:b,c") == ["::add-mask::a:b,c\n"])
    }

    @Test func `bytes that are no text are told as they are`() {
        let line = Masking.workflowCommands(.escaped).maskLines(for: [Secret([0xFF, 0x25, 0xFE])]).lines.first
        #expect(line?.bytes == Array("::add-mask::".utf8) + [0xFF] + Array("%25".utf8) + [0xFE, 0x0A])
    }

    @Test func `act and its kin are told what all of them understand`() {
        let masking = Masking.workflowCommands(.verbatim)
        #expect(lines(masking, "pul-0123") == ["::add-mask::pul-0123\n"])
        #expect(lines(masking, "a:b", "a=", "a b", "é") == ["a:b", "a=", "a b", "é"].map { "::add-mask::\($0)\n" })
        #expect(unmaskable(masking, "a:b", "a b") == [])
    }

    @Test(arguments: ["a%b", "a%25b", "%", "a\rb", "a\nb", "a::b", "::", ":a", "a::", "a\0b", "", " ", "\n", "\t \r\n"])
    func `what act and its kin misunderstand is unmaskable`(value: String) {
        #expect(lines(.workflowCommands(.verbatim), value) == [])
        #expect(unmaskable(.workflowCommands(.verbatim), value) == [value])
    }

    @Test(arguments: ["", " ", "\t", "\n", "\r\n", " \n\t"])
    func `blanks are never a mask`(value: String) {
        for masking in [Masking.workflowCommands(.escaped), .azureCommands] {
            #expect(lines(masking, value) == [])
            #expect(unmaskable(masking, value) == [value])
        }
    }

    @Test func `GitHub's runner masks every value and prints nothing`() {
        for value in values(seed: 400, of: Self.traps + Self.harmless) where value.contains(where: { !$0.isWhitespace })
        {
            let lines = lines(.workflowCommands(.escaped), value)
            let log = GitHubRunner.log(of: lines.joined())
            #expect(log.masks.contains { $0.utf8.elementsEqual(value.utf8) }, "\(value.debugDescription)")
            #expect(log.printed == [])
            #expect(log.commands == [])
        }
    }

    @Test func `the runners of act, Gitea and Forgejo mask every value that is said to be maskable`() {
        var masked = 0
        for value in values(seed: 401, of: Self.harmless + ["%", "::"]) {
            let lines = lines(.workflowCommands(.verbatim), value)
            if lines.isEmpty { continue }
            masked += 1
            let logs =
                Act.logs(of: lines.joined()) + [Forgejo.log(of: lines.joined()), GitHubRunner.log(of: lines.joined())]
            for log in logs {
                #expect(log.masks.contains { $0.utf8.elementsEqual(value.utf8) }, "\(value.debugDescription)")
                #expect(log.printed == [])
            }
            // Gitea masks no single character.
            let gitea = Gitea.log(of: lines.joined())
            #expect(value.unicodeScalars.count == 1 || gitea.masks == [value])
            #expect(gitea.printed == [])
        }
        #expect(masked > 50)
    }

    @Test func `all forms of a token are masked by every runner`() {
        var generator = SeededGenerator(seed: 402)
        let forms = maskForms(of: Secret(generator.token()))
        for dialect in [Masking.Dialect.escaped, .verbatim] {
            let result = Masking.workflowCommands(dialect).maskLines(for: forms)
            // A line for act and its like carries no percent sign.
            let masked = forms.filter { dialect == .escaped || !$0.plainText.contains("%") }
            #expect(result.unmaskable.count == forms.count - masked.count)
            #expect(result.lines.count == masked.count)
            #expect(masked.count >= forms.count - 2)
            let output = result.text.plainText
            let expected = Set(masked.map(\.plainText))
            #expect(GitHubRunner.log(of: output) == WorkflowLog(masks: expected))
            #expect(Gitea.log(of: output) == WorkflowLog(masks: expected))
            // It takes what is escaped as it stands, and so is never told a form with a percent sign in that way.
            if dialect == .verbatim { #expect(Forgejo.log(of: output) == WorkflowLog(masks: expected)) }
            for log in Act.logs(of: output) { #expect(log == WorkflowLog(masks: expected)) }
        }
    }

    @Test func `Azure is told each line of a value`() {
        #expect(lines(.azureCommands, "pul-0123") == ["##vso[task.setsecret]pul-0123\n"])
        #expect(
            lines(.azureCommands, "one\r\ntwo\n\nthree\r")
                == ["one", "two", "three"].map { "##vso[task.setsecret]\($0)\n" }
        )
        #expect(lines(.azureCommands, "a]b;c%d 'e'") == ["##vso[task.setsecret]a]b;c%d 'e'\n"])
    }

    @Test(arguments: ["a%3Bb", "a%0D", "%0A", "a%5Db", "%AZP25", "x%AZP253B"])
    func `what Azure's agent would read as something else is unmaskable`(value: String) {
        #expect(lines(.azureCommands, value) == [])
        #expect(unmaskable(.azureCommands, value) == [value])
    }

    @Test(arguments: ["a%3bb", "a%0d", "%0a", "%5d", "%azp25", "%25", "%%", "%3"])
    func `what only looks like an escape of Azure's agent is not`(value: String) {
        #expect(lines(.azureCommands, value) == ["##vso[task.setsecret]\(value)\n"])
    }

    @Test func `where lines mask nothing, there is none`() {
        let agent = Environment(["BUILDKITE_AGENT_JOB_API_SOCKET": "/s", "BUILDKITE_AGENT_JOB_API_TOKEN": "job-api"])
            .replacing(["BUILDKITE": "true"])
        for masking in [Masking.none, CISystem.detect(in: agent, files: .fixed()).masking] {
            #expect(lines(masking, "value") == [])
            #expect(unmaskable(masking, "value", "other") == ["value", "other"])
            #expect(!masking.needsLineStart)
        }
        #expect(Masking.workflowCommands(.escaped).needsLineStart)
    }

    @Test func `no line is there twice, and the order is that of the values`() {
        let masking = Masking.workflowCommands(.escaped)
        #expect(lines(masking, "b", "a", "b") == ["::add-mask::b\n", "::add-mask::a\n"])
        let result = masking.maskLines(for: [Secret("a"), Secret(""), Secret("b")])
        #expect(result.text.plainText == "::add-mask::a\n::add-mask::b\n")
        #expect(result.unmaskable == [Secret("")])
        #expect(lines(.azureCommands, "x\ny", "y\nz") == ["x", "y", "z"].map { "##vso[task.setsecret]\($0)\n" })
    }

    @Test func `all lines are written at once, before anything is said about the rest`() throws {
        var written: [String] = []
        let left = try Masking.workflowCommands(.verbatim).register(
            [Secret("value"), Secret("a%b"), Secret("other")],
            budget: VirtualClock().budget()
        ) { written.append($0.plainText) }
        #expect(written == ["::add-mask::value\n::add-mask::other\n"])
        #expect(left == [Secret("a%b")])
    }

    @Test func `nothing is written where nothing can be masked`() throws {
        for masking in [Masking.none, .workflowCommands(.verbatim)] {
            let left = try masking.register(
                [Secret("a%b")],
                budget: VirtualClock().budget()
            ) { _ in Issue.record("this would be the leak") }
            #expect(left == [Secret("a%b")])
        }
    }

    @Test func `a mask that cannot be written is an error`() {
        let error = ExportError.unwritable(path: "standard error", code: 5)
        #expect(throws: error) {
            try Masking.workflowCommands(.escaped).register(
                [Secret("value")],
                budget: VirtualClock().budget()
            ) { _ throws(ExportError) in throw error }
        }
    }
}
