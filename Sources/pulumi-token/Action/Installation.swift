import CISystems
import HostSystem
import TokenLifecycle

/// Lets later steps of a job run this very executable as `pulumi-token`.
///
/// It stays where the runner has unpacked it for this job. No copy goes into the runner's tool cache: that outlives the
/// job, and other jobs on a self-hosted runner can change what is there.
struct Installation {
    private let context: Context
    private let searchPath: SearchPathFile

    /// - Throws: when the runner takes no folders for its path.
    init(in context: Context) throws(Explanation) {
        self.context = context
        searchPath = try explaining { () throws(ExportError) in
            guard let file = context.system.searchPath else { throw .missingVariable(SearchPathFile.variable) }
            try file.checkIsWritable()
            return file
        }
    }

    func run() throws(Explanation) {
        let folder = try makeFolder()
        try explaining { () throws(ExportError) in try searchPath.append(folder) }
    }

    private func makeFolder() throws(Explanation) -> String {
        do throws(FileError) {
            return try ProgramFolder.create(in: parent, context.random)
        } catch {
            throw .unwritable(error)
        }
    }

    /// The job's own temporary folder, which the runner empties.
    private var parent: String { context.system.places.temporary.first ?? "/tmp" }
}
