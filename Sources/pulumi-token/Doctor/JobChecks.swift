import CISystems
import HTTPTransport
import HostSystem
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What can be said of the job without asking anybody.
struct JobChecks {
    let arguments: Arguments
    let context: Context

    var all: [Check] {
        [system, masking, export, session, folder, lease, life] + (kind.map { [$0] } ?? [])
    }

    private var system: Check {
        let system = context.system
        let job = system.job.map { ": \($0.description)" } ?? ""
        return .ok(.system, (system.isCI ? system.name : "no CI system") + job)
    }

    private var masking: Check {
        switch context.system.masking {
        case .workflowCommands: .ok(.masking, "by ::add-mask:: on standard error")
        case .azureCommands: .ok(.masking, "by ##vso[task.setsecret] on standard error")
        case .buildkiteRedactions: .ok(.masking, "by the agent, through its interface for the job")
        case .none where context.system.isCI:
            .warning(
                .masking,
                context.system.maskingNotice ?? "this system masks nothing that a job learns, so nothing is printed",
                hint: "pulumi-token exec redacts the output itself"
            )
        case .none: .ok(.masking, "not needed here; pulumi-token exec redacts the output itself")
        }
    }

    private var export: Check {
        do throws(Explanation) {
            let exporter = try Exporter(arguments, in: context)
            try exporter.check()
            return .ok(
                .export,
                "\(exporter.names.joined(separator: ", ")), \(exporter.forms.map(\.phrase).joined(separator: " and "))"
            )
        } catch {
            return .broken(.export, error)
        }
    }

    private var session: Check {
        do throws(Explanation) {
            guard try arguments.session(in: context) != nil else {
                return .ok(.session, "one that mint makes up")
            }
            let place = arguments.value(of: .session)?.place
            return .ok(.session, place.map { "what \($0) names" } ?? "the job's own")
        } catch {
            return .broken(.session, error)
        }
    }

    /// Where the job's private files go.
    private var folder: Check {
        guard needsFolder else { return .ok(.folder, "none is needed") }
        let parents = context.system.places.temporary
        guard let parent = parents.first(where: { access($0, W_OK | X_OK) == 0 }) else {
            let error = parents.last.map { FileError(.make, $0, code: errno) }
            return .broken(.folder, .noPrivateFolder(error))
        }
        return .ok(.folder, "a private one in \(parent)")
    }

    /// As `mint` sees it.
    private var needsFolder: Bool {
        guard let exporter = try? Exporter(arguments, in: context), let request = try? MintRequest(arguments, context)
        else { return false }
        return exporter.makesFolder(for: request)
    }

    /// nil when nothing was said of a kind.
    private var kind: Check? {
        do throws(UsageError) {
            return try arguments.kind().map { .ok(.kind, $0.phrase) }
        } catch {
            return .broken(.kind, Explanation(error))
        }
    }

    private var lease: Check {
        let store = arguments.store(in: context)
        if let code = Self.obstacle(to: store.isFile ? FilePath.directory(of: store.path) : store.path) {
            return .broken(.lease, Explanation(unwritableLease: FileError(.write, store.path, code: code)))
        }
        do throws(FileError) {
            let found = try store.leases(of: nil)
            return store.isFile ? lease(at: store.path, found) : lease(in: store, found)
        } catch {
            return .broken(.lease, Explanation(unwritableLease: error))
        }
    }

    private func lease(in store: LeaseStore, _ found: LeaseStore.FoundLeases) -> Check {
        let count = found.leases.count + found.unusable.count
        let detail = "\(store.path), which holds \(count) record\(count == 1 ? "" : "s")"
        let unjudged = store.unjudged(found)
        guard let first = unjudged.first else { return .ok(.lease, detail) }
        return .warning(
            .lease,
            detail + "; of \(unjudged.count) it cannot be told from here whether the process is over",
            hint: "when process \(first.owner.pid) is over, \(store.command(revoking: first))"
        )
    }

    private func lease(at path: String, _ found: LeaseStore.FoundLeases) -> Check {
        guard found.unusable.isEmpty else { return .broken(.lease, .notALease(path: path)) }
        guard found.leases.isEmpty else {
            return .warning(.lease, "\(path), which holds a record; mint replaces only one that is over")
        }
        return .ok(.lease, path)
    }

    /// Why nothing can be made in a folder, which may have to be made itself, as a value of `errno`; nil when it can.
    private static func obstacle(to folder: String) -> Int32? {
        let existing = existingPart(of: folder)
        var status = stat()
        guard stat(existing, &status) == 0 else { return errno }
        guard status.st_mode & S_IFMT == S_IFDIR else { return ENOTDIR }
        return access(existing, W_OK | X_OK) == 0 ? nil : errno
    }

    private static func existingPart(of path: String) -> String {
        var path = path
        while access(path, F_OK) != 0, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            path = String(path[..<slash])
        }
        return access(path, F_OK) == 0 ? path : "/"
    }

    private var life: Check {
        do throws(Explanation) {
            let now = context.clock.unixTime()
            let limit = context.system.jobTimeLimit
            let seconds = try Lifetime(arguments, in: context).seconds(from: now)
            if let limit, seconds < limit {
                return .warning(
                    .ttl,
                    "\(TimeSpan(seconds: seconds)), but the job may run for \(TimeSpan(seconds: limit))",
                    hint: "give more with --ttl, or leave it out"
                )
            }
            let length = TimeSpan(seconds: seconds).description
            guard let timeLimit = context.system.timeLimit, timeLimit.seconds == seconds else {
                return .ok(.ttl, length)
            }
            return .ok(.ttl, "\(length): \(timeLimit.source)")
        } catch {
            return .broken(.ttl, error)
        }
    }
}

extension ExportForm {
    /// How the token reaches the job, for people.
    fileprivate var phrase: String {
        switch self {
        case .github: "through the file in GITHUB_ENV"
        case .file(nil): "as a file to be sourced"
        case .file(let path?): "as a file to be sourced, \(path)"
        case .dotenv(let path): "as a dotenv file, \(path)"
        case .shell, .buildkite: "as a script on standard output"
        case .stdout, .json: "on standard output"
        case .azure: "by ##vso[task.setvariable] on standard error"
        case .circleci: "through the file in BASH_ENV"
        case .outputs: "as outputs of the step"
        case .command: "in the environment of the command"
        case .nothing: "but the job does not get it"
        }
    }
}
