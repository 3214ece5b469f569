import CISystems
import HostSystem
import RunnerGrammars
import Secrets
import TestBench
import Testing

@Suite struct DotenvTests {
    private func error(_ variable: ExportedVariable) -> ExportError? {
        do throws(ExportError) {
            _ = try DotenvExport.text(of: [.plain("FIRST", "1"), variable])
            return nil
        } catch {
            return error
        }
    }

    @Test func `a line for each variable`() throws {
        let text = try DotenvExport.text(of: [
            .secret("TOKEN", Secret("pul-0123")),
            .plain("URL", "https://api.acme.com:8443/p%20x?".replacing("?", by: "")),
            .plain("EMPTY", ""), .plain("_x9", "a_b.c:d/e@f+g,h=i-j"),
        ])
        #expect(
            text.plainText == """
                TOKEN=pul-0123
                URL=https://api.acme.com:8443/p%20x
                EMPTY=
                _x9=a_b.c:d/e@f+g,h=i-j

                """
        )
    }

    @Test(arguments: [
        " ", "a b", " a", "a ", "\t", "a\nb", "a\r", "'a'", "\"a\"", "it's", "`a`", "$a", "${a}", "a\\b", "#", "a#b",
        "a;b", "a&b",
        "a|b", "<a>", "(a)", "[a]", "{a}", "a*", "a?", "a!", "~", "^a", "é", "\u{FEFF}a", "a\0b", "\u{1B}[0m", "\u{7F}",
    ])
    func `a value that readers understand differently is refused`(value: String) {
        let refusal = ExportError.unrepresentable(
            name: "TOKEN",
            format: "a line of an environment file",
            reason: "it contains a character that dotenv readers interpret differently"
        )
        #expect(error(.plain("TOKEN", value)) == refusal)
        #expect(error(.secret("TOKEN", Secret(value))) == refusal)
    }

    @Test func `a value that is no text is refused`() {
        #expect(error(.secret("TOKEN", Secret([0xFF])))?.exitCode == .cannotWrite)
    }

    @Test(arguments: ["", "1A", "A B", "A-B", "A=B", "export A", "A\n", "É"])
    func `a name that is none is refused`(name: String) {
        #expect(error(.plain(name, "x")) == .unusableName(name, .malformed))
    }
}

@Suite struct AzureExportTests {
    private func text(_ variables: ExportedVariable...) throws -> String {
        try AzureExport.text(of: variables).plainText
    }

    private func error(_ variable: ExportedVariable) -> ExportError? {
        do throws(ExportError) {
            _ = try AzureExport.text(of: [.plain("FIRST", "1"), variable])
            return nil
        } catch {
            return error
        }
    }

    @Test func `every secret is masked before anything is set`() throws {
        #expect(
            try text(.plain("ID", "id-1"), .secret("A", Secret("s3cret")), .secret("B", Secret("other"))) == """
                ##vso[task.setsecret]s3cret
                ##vso[task.setsecret]other
                ##vso[task.setvariable variable=ID]id-1
                ##vso[task.setvariable variable=A;issecret=true]s3cret
                ##vso[task.setvariable variable=B;issecret=true]other

                """
        )
    }

    @Test func `the agent reads the data of a command as it stands`() throws {
        let value = "a]b;c=%d ##vso[x] 'q' %0"
        #expect(
            try text(.secret("A", Secret(value)))
                == "##vso[task.setsecret]\(value)\n##vso[task.setvariable variable=A;issecret=true]\(value)\n"
        )
        #expect(try text(.plain("A", "")) == "##vso[task.setvariable variable=A]\n")
    }

    @Test(arguments: [
        ("a\nb", "it has several lines"), ("a\r", "it has several lines"), ("a\0", "it contains a NUL byte"),
        ("a%3Bb", "it contains an escape sequence of the Azure agent"),
        ("%0A", "it contains an escape sequence of the Azure agent"),
        ("%0D", "it contains an escape sequence of the Azure agent"),
        ("%5D", "it contains an escape sequence of the Azure agent"),
        ("%AZP25", "it contains an escape sequence of the Azure agent"),
    ])
    func `a value that the agent would change or print is refused`(value: String, reason: String) {
        let refusal = ExportError.unrepresentable(name: "TOKEN", format: "a logging command of Azure", reason: reason)
        #expect(error(.secret("TOKEN", Secret(value))) == refusal)
        #expect(error(.plain("TOKEN", value)) == refusal)
    }

    @Test func `a secret of nothing is refused`() {
        #expect(error(.secret("TOKEN", Secret("")))?.message.contains("TOKEN") == true)
    }

    @Test(arguments: ["", "1A", "A B", "A;issecret=false", "A]", "A\n"])
    func `a name that is none is refused`(name: String) {
        #expect(error(.plain(name, "x")) == .unusableName(name, .malformed))
    }
}
