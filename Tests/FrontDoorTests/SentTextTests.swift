import HTTPTransport
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing

/// Secrets where a text belongs: what goes to the cloud, into records, and comes back from the cloud.
@Suite struct SentTextTests {
    private let machine: Machine
    private let cloud: InMemoryCloud
    // Built here, so that nothing in this file looks like a credential.
    private let secret = "pul-" + String(repeating: "0123456789", count: 4)

    init() throws {
        (machine, cloud) = try Machine.withCloud()
    }

    private var shapes: [String] { [secret, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "parent-credential"] }

    @Test(arguments: ["--description", "--reason", "--session"])
    func `a secret in an option that is sent or recorded is refused, and not shown`(option: String) throws {
        for value in shapes {
            for words in [["mint", "--export", "none"], ["exec"]] {
                let command = words[0] == "exec" ? ["--", "true"] : []
                let outcome = try machine.run(words + [option, "for \(value)"] + command, adding: [:])
                #expect(outcome.code == (words[0] == "exec" ? 125 : 64), "\(outcome)")
                #expect(outcome.error.contains("error: \(option) contains a credential\n"))
                #expect(!(outcome.output + outcome.error).contains(value))
            }
        }
        #expect(cloud.requests == [] && machine.records() == [])
    }

    @Test func `a secret in a variable of an option is refused, too`() throws {
        let outcome = try machine.run("mint", adding: ["PULUMI_TOKEN_DESCRIPTION": secret])
        #expect(outcome.code == 64 && outcome.error.contains("PULUMI_TOKEN_DESCRIPTION contains a credential"))
    }

    @Test(arguments: ["CI_JOB_NAME", "CI_PROJECT_PATH", "CI_PIPELINE_ID", "CI_JOB_ID"])
    func `a secret in a name of the job reaches neither the cloud nor a record`(variable: String) throws {
        for value in shapes {
            let transport = WatchedTransport(cloud)
            var sent = ""
            transport.underWay = { request in
                sent += request.url
                switch request.body {
                case .plain(let bytes): sent += String(decoding: bytes, as: UTF8.self)
                case .secret(let body): sent += body.reveal { String(decoding: $0, as: UTF8.self) }
                case nil: break
                }
            }
            machine.transport = transport
            var job = [
                "GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_PIPELINE_ID": "1", "CI_PROJECT_PATH": "acme/app",
                "CI_JOB_NAME": "deploy", "CI_SERVER_HOST": "gitlab.example.com",
            ]
            // A value without the shape of a credential is known only where it is one of this job.
            if value == "parent-credential", variable == "CI_JOB_ID" { continue }
            job[variable] = "x \(value)"
            #expect(try machine.run("mint", "--export", "none", adding: job).code == 0)
            for path in machine.records() {
                let kept = try #require(text(of: path))
                #expect(!kept.contains(value), "\(variable)")
            }
            #expect(try machine.run("revoke", adding: job).code == 0)
            #expect(sent.contains("expires") && !sent.contains(value.dropFirst(4)), "\(variable)")
            #expect(machine.records() == [])
        }
    }

    @Test(arguments: ["list", "list --json", "sweep --older-than 1s --dry-run", "doctor --json", "doctor"])
    func `a secret that stands in what the cloud sends is not shown`(line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let tag = " [pulumi-token:AAAAAAAAAAAAAAAAAAAAAA:0123456789abcdef]"
        for value in shapes { cloud.plant(description: "with \(value)" + tag, lastUsed: 1) }
        cloud.answer("GET /api/user ", with: .reply(200, #"{"githubLogin":"\#(secret)"}"#))
        for value in shapes {
            let outcome = try machine.run(words, adding: ["PULUMI_ACCESS_TOKEN_ID": "t-9"])
            #expect(!outcome.output.isEmpty)
            #expect(!(outcome.output + outcome.error).contains(value), "\(outcome)")
        }
    }

    @Test func `the JSON of a mint and of a list hold nothing that a runner takes for a command`() throws {
        let text = "##vso[task.setvariable variable=a]b ::add-mask::c"
        let mint = try machine.run("mint", "--export", "json", "--description", text)
        let list = try machine.run("list", "--json")
        for output in [mint.output, list.output] {
            #expect(output.contains(##"#\u0023vso["##) && !output.contains("##"), "\(output)")
            #expect(output.contains(#":\u003aadd-mask"#) && !output.contains("::"), "\(output)")
        }
    }
}
