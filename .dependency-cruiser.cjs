// Who may import whom. The order of the house: a room may look inwards, never outwards; no circles.
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const may = {
  domain: [],
  'rbd-diff': ['domain'],
  ports: ['domain'],
  telemetry: ['domain', 'ports'],
  config: ['domain', 'telemetry'],
  periodic: ['domain', 'ports'],
  archive: ['domain', 'rbd-diff', 'ports'],
  instant: ['domain', 'ports'],
  gateway: ['domain', 'archive', 'ports'],
  'workflow-engine': ['domain', 'ports', 'telemetry'],
  workflows: ['domain', 'rbd-diff', 'archive', 'ports', 'workflow-engine', 'telemetry'],
  delivery: ['domain', 'ports', 'workflow-engine', 'periodic', 'telemetry'],
  maintenance: ['domain', 'ports', 'workflows', 'workflow-engine', 'periodic', 'telemetry'],
  api: ['domain', 'ports', 'telemetry'],
  scheduler: ['domain', 'api', 'ports', 'periodic'],
  http: ['domain', 'api', 'telemetry', 'ports'],
};
/** Rooms that have rules of their own below. */
const apart = ['adapters', 'wiring', 'cli'];
/** Rooms that open files and sockets and start processes. */
const mayTouchTheWorld = ['adapters', 'wiring', 'cli', 'config', 'http', 'gateway'];
const rooms = Object.keys(may);

// From the disk: a folder that nobody added here is watched by no rule, and nobody would see it.
const foldersOf = (path) =>
  readdirSync(join(__dirname, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
const adapters = foldersOf('src/adapters');
const there = foldersOf('src');
const unruled = there.filter((room) => !rooms.includes(room) && !apart.includes(room));
const gone = [...rooms, ...apart].filter((room) => !there.includes(room));
if (unruled.length > 0) throw new Error(`Nothing says what these folders of src may import: ${unruled.join(', ')}`);
if (gone.length > 0) throw new Error(`Rules name folders of src that are not there: ${gone.join(', ')}`);

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...rooms.map((room) => ({
      name: `${room}-looks-inwards`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: [`^src/${room}/`, ...may[room].map((other) => `^src/${other}/`)] },
    })),
    {
      name: 'nobody-imports-wiring',
      comment: 'The processes are put together in one place, which nothing else knows.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(wiring/|cli/|rewind\\.ts$)' },
      to: { path: '^src/(wiring/|rewind\\.ts$)' },
    },
    ...adapters.map((adapter) => ({
      name: `adapter-${adapter}-stands-alone`,
      severity: 'error',
      from: { path: `^src/adapters/${adapter}/` },
      to: { path: '^src/', pathNot: [`^src/adapters/(${adapter}|system)/`, '^src/(domain|ports|telemetry)/'] },
    })),
    {
      name: 'api-holds-no-ceph',
      comment: 'The API process never loads recipes, Ceph or targets: it must not be able to touch data.',
      severity: 'error',
      from: { path: '^src/(wiring/api[.]|api/|http/)' },
      to: {
        path: '^src/(workflows|workflow-engine|archive|gateway|adapters/ceph|adapters/target|adapters/keys|delivery|maintenance|config/target-files)/',
        reachable: true,
      },
    },
    {
      name: 'effects-live-in-adapters',
      comment: 'Files, sockets and processes appear in these rooms only.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${mayTouchTheWorld.join('|')})/` },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|http|https|child_process|dgram|tls)(/|$)' },
    },
    {
      name: 'acts-know-no-http',
      comment:
        'What a caller may ask knows no request: policies ask it, too. Routes, schemas and views are its HTTP side.',
      severity: 'error',
      from: {
        path: '^src/(scheduler|api/(?!calls)[^/]+)/',
        pathNot: '/(routes|view|schemas|[a-z-]+-schema|wanted-policy)[.]ts$',
      },
      to: { path: '^src/(http|api/calls)/|^src/api/.*/(routes|view|schemas|[a-z-]+-schema|wanted-policy)[.]ts$' },
    },
    {
      name: 'admin-hands',
      comment: "What changes something with an administrator's rights looks whose it is right before: in one place.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/workflows/acts/' },
      to: { path: '^src/workflows/acts/admin-hands' },
    },
    { name: 'src-knows-no-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'default'] },
  },
};
