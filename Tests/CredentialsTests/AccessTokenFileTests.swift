import Credentials
import HostSystem
import StubTransport
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file with a credential, as `--access-token-file` names it.
@Suite struct AccessTokenFileTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    private func choose(_ path: String) throws(CredentialError) -> CredentialSource {
        var options = CredentialOptions()
        options.accessTokenFile = NamedText(path, place: "--access-token-file")
        return try CredentialSource.choose(
            options,
            environment: Environment(["PULUMI_ACCESS_TOKEN": "another"]),
            system: .someCI,
            reader: .patient,
            login: { () throws(CredentialError) in nil }
        )
    }

    private func refusal(_ path: String) -> Explanation? {
        explanation { () throws(CredentialError) in try choose(path) }
    }

    private let fileHint = "write only the token into the file, on one line"
    private let pathHint = "check the path and the permissions of the file"

    @Test(arguments: ["value", "value\n", "value\r\n", "value\n\n"])
    func `the file's line is the token`(contents: String) throws {
        let path = try folder.write(contents, to: "token")
        #expect(try choose(path).secret?.text == "value")
        #expect(try choose(path).sentence == "using the credential from \(path)")
    }

    @Test(arguments: [
        ("", ExitCode.notAllowed, "is empty"), ("\n", .notAllowed, "is empty"),
        ("one\ntwo\n", .malformedFile, "has several lines"), ("one\r\ntwo", .malformedFile, "has several lines"),
        ("PULUMI_ACCESS_TOKEN = x\n", .malformedFile, "contains spaces or tabs"),
        ("PULUMI_ACCESS_TOKEN=value\n", .malformedFile, "begins with the name of a variable"),
        ("'value'\n", .malformedFile, "is in quotes"), ("{\"token\":\n1}", .malformedFile, "is JSON"),
        ("ghp_value\n", .malformedFile, "is a token of GitHub"),
        ("v\u{e4}lue\n", .malformedFile, "has a character that no token has"),
        (String(repeating: "x", count: 20_000), .malformedFile, "is longer than a token can be"),
    ])
    func `a file that holds something else is refused`(contents: String, code: ExitCode, problem: String) throws {
        let path = try folder.write(contents, to: "token")
        let sentence = code == .notAllowed ? problem : "does not look like a Pulumi token: it \(problem)"
        #expect(refusal(path) == Explanation(code, "\(path) \(sentence)", hint: fileHint))
    }

    @Test func `a file that is not there is refused`() {
        let path = folder.file("missing")
        #expect(
            refusal(path)
                == Explanation(.unreadableFile, "cannot read \(path): no such file or directory", hint: pathHint)
        )
    }

    @Test func `a folder is refused`() {
        #expect(
            refusal(folder.path)
                == Explanation(.unreadableFile, "cannot read \(folder.path): is a directory", hint: pathHint)
        )
    }

    @Test func `a file that is too large is not read to its end`() throws {
        let path = try folder.write([UInt8](repeating: 0x78, count: 70_000), to: "token")
        #expect(refusal(path) == Explanation(.unreadableFile, "cannot read \(path): file too large", hint: pathHint))
        #expect(
            refusal("/dev/zero")
                == Explanation(.unreadableFile, "cannot read /dev/zero: file too large", hint: pathHint)
        )
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a file that may not be read is refused`() throws {
        let path = try folder.write("value\n", to: "token", mode: 0)
        #expect(
            refusal(path) == Explanation(.unreadableFile, "cannot read \(path): permission denied", hint: pathHint)
        )
    }

    @Test(arguments: [("\u{feff}value\n"), (" value \t\r\n"), "\n\u{feff} value"])
    func `blanks and a byte order mark around it are no part of it`(contents: String) throws {
        #expect(try choose(folder.write(contents, to: "token")).secret?.text == "value")
    }

    @Test func `a pipe into which nobody writes is given up in time, and at a signal`() throws {
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        for (reader, reason) in [
            (Impatient.late, "it did not end in time"), (.interrupted, "interrupted by a signal"),
        ] {
            var options = CredentialOptions()
            options.accessTokenFile = NamedText(path, place: "--access-token-file")
            let refusal = explanation { () throws(CredentialError) in
                try CredentialSource.choose(
                    options,
                    environment: Environment([:]),
                    system: .someCI,
                    reader: reader.reader,
                    login: { () throws(CredentialError) in nil }
                )
            }
            #expect(refusal == Explanation(.unreadableFile, "cannot read \(path): \(reason)", hint: pathHint))
        }
    }

    @Test func `a pipe is as good as a file`() throws {
        let path = folder.file("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let writer = try Program("sh", ["-c", "echo value >\"$0\"", path]).start()
        #expect(try choose(path).secret?.text == "value")
        #expect(try writer.wait().status == 0)
    }
}

/// Whoever does not wait.
enum Impatient {
    case late, interrupted

    var reader: FileReader {
        let clock = VirtualClock()
        if self == .interrupted { clock.raise(SIGTERM) }
        return .within(clock.budget(self == .late ? .zero : .seconds(60)))
    }
}
