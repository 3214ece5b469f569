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
        [system, masking, export, session, folder, lease, life]
    }

    private var system: Check {
        let system = context.system
        let job = system.job.map { ": \($0.description)" } ?? ""
        return .ok("system", (system.isCI ? system.name : "no CI system") + job)
    }

    private var masking: Check {
        switch context.system.masking {
        case .workflowCommands: .ok("masking", "by ::add-mask:: on standard error")
        case .azureCommands: .ok("masking", "by ##vso[task.setsecret] on standard error")
        case .buildkiteRedactor(let program): .ok("masking", "by \(program) redactor add")
        case .none where context.system.isCI:
            .warning(
                "masking",
                "this system masks nothing that a job learns, so nothing is printed",
                hint: "pulumi-token exec redacts the output itself"
            )
        case .none: .ok("masking", "not needed here; pulumi-token exec redacts the output itself")
        }
    }

    private var export: Check {
        do throws(Explanation) {
            let choice = try HandoverChoice(arguments, on: context.system, in: context.workingFolder)
            try Handover(choice.way, for: choice.shell, to: choice.names, in: context).check()
            return .ok("export", "\(choice.names.joined(separator: ", ")), \(choice.way.phrase)")
        } catch {
            return .broken("export", error)
        }
    }

    private var session: Check {
        do throws(Explanation) {
            guard try Session.current(arguments, context) != nil else {
                return .ok("session", "one that mint makes up")
            }
            let place = arguments.value(of: .session)?.place
            return .ok("session", place.map { "what \($0) names" } ?? "the job's own")
        } catch {
            return .broken("session", error)
        }
    }

    /// Where the job's private files go.
    private var folder: Check {
        guard needsFolder else { return .ok("folder", "none is needed") }
        let parents = context.system.places.temporary
        guard let parent = parents.first(where: { access($0, W_OK | X_OK) == 0 }) else {
            let error = parents.last.map { FileError(.make, $0, code: errno) }
            return .broken("folder", Explanation(PreparationError.noPrivateFolder(error)))
        }
        return .ok("folder", "a private one in \(parent)")
    }

    /// As `mint` sees it.
    private var needsFolder: Bool {
        let choice = try? HandoverChoice(arguments, on: context.system, in: context.workingFolder)
        guard let way = choice?.way else { return false }
        return way == .file(nil) || way.reachesEnvironment && !arguments.isOn(.noIsolate)
    }

    private var lease: Check {
        if let path = arguments.text(of: .lease) { return lease(at: path) }
        guard let folder = LeasePlaces(context).all.first else { return .ok("lease", "nowhere") }
        if let code = Self.obstacle(to: folder.path) {
            return .broken("lease", Explanation(unwritableLease: FileError(.write, folder.path, code: code)))
        }
        do throws(FileError) {
            let count = try folder.entries().count
            return .ok("lease", "\(folder.path), which holds \(count) record\(count == 1 ? "" : "s")")
        } catch {
            return .broken("lease", Explanation(unwritableLease: error))
        }
    }

    private func lease(at path: String) -> Check {
        let folder = FilePath.directory(of: path)
        if let code = Self.obstacle(to: folder) {
            return .broken("lease", Explanation(unwritableLease: FileError(.write, path, code: code)))
        }
        do throws(FileError) {
            switch try LeaseFile(path: path).occupant()?.entry {
            case .unusable: return .broken("lease", Explanation(PreparationError.notALease(path: path)))
            case .lease: return .warning("lease", "\(path), which holds a record; mint replaces only one that is over")
            case nil: return .ok("lease", path)
            }
        } catch {
            return .broken("lease", Explanation(unwritableLease: error))
        }
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
            let lifetime = try explaining { () throws(UsageError) in
                try Lifetime(arguments, jobTimeLimit: limit, now: now)
            }
            let seconds = lifetime.seconds(from: now)
            if let limit, seconds < limit {
                return .warning(
                    "ttl",
                    "\(TimeSpan(seconds: seconds)), but the job may run for \(TimeSpan(seconds: limit))",
                    hint: "give more with --ttl, or leave it out"
                )
            }
            return .ok("ttl", TimeSpan(seconds: seconds).description)
        } catch {
            return .broken("ttl", error)
        }
    }
}

extension Handover.Way {
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
        case .nothing: "but the job does not get it"
        }
    }
}
