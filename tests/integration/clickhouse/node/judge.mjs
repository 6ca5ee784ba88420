// Judges a ClickHouse server by @clickhouse/client. Usage: node judge.mjs URL; prints one JSON line.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { Readable } from 'node:stream'

const quiet = { log: { level: ClickHouseLogLevel.OFF } }
const client = createClient({ url: process.argv[2], compression: { response: true, request: true }, ...quiet })
// where compressed, the connection that ends early is noticed before the error in the last bytes
const plain = createClient({ url: process.argv[2], ...quiet })
const table = `node_${Date.now()}_${process.pid}`
const got = {}

const ping = await client.ping()
got.ping = ping.success

const json = await client.query({ query: 'SELECT number, toString(number) AS text FROM numbers(3)' })
got.json = (await json.json()).data

const bound = await client.query({
  query: 'SELECT {name: String} AS name, {list: Array(UInt8)} AS list',
  query_params: { name: "it's\ta\\b", list: [1, 2] },
  format: 'JSONEachRow',
})
got.bound = await bound.json()

await client.command({ query: `CREATE TABLE ${table} (a UInt64, b String) ENGINE = MergeTree ORDER BY a` })
const rows = Array.from({ length: 20000 }, (_, a) => ({ a, b: `text ${a}` }))
const inserted = await client.insert({ table, values: Readable.from(rows), format: 'JSONEachRow' })
got.written = inserted.summary?.written_rows
const streamed = await client.query({ query: `SELECT a FROM ${table} ORDER BY a`, format: 'JSONCompactEachRow' })
got.streamed = 0
for await (const batch of streamed.stream()) got.streamed += batch.length

const session = createClient({ url: process.argv[2], session_id: table, ...quiet })
await session.command({ query: 'CREATE TEMPORARY TABLE kept (a UInt8)' })
await session.insert({ table: 'kept', values: [{ a: 7 }], format: 'JSONEachRow' })
got.kept = await (await session.query({ query: 'SELECT a FROM kept', format: 'JSONEachRow' })).json()
await session.close()

try {
  await client.query({ query: 'SELECT nope' })
} catch (error) {
  got.error = { code: error.code, type: error.type }
}
try {
  const late = await plain.query({
    query: 'SELECT throwIf(number = 3000000), toString(number) FROM numbers(10000000)',
    format: 'JSONCompactEachRow',
  })
  for await (const batch of late.stream()) got.late_rows = (got.late_rows ?? 0) + batch.length
} catch (error) {
  got.late = String(error.message)
}

const controller = new AbortController()
const query_id = `abort-${table}`
const endless = client.query({
  query: 'SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0',
  abort_signal: controller.signal,
  query_id,
})
setTimeout(() => controller.abort(), 300)
await endless.catch((error) => (got.aborted = String(error.message)))
const deadline = Date.now() + 10000
do {
  const running = await client.query({
    query: 'SELECT count() AS n FROM system.processes WHERE query_id = {id: String}',
    query_params: { id: query_id },
    format: 'JSONEachRow',
  })
  got.still_running = Number((await running.json())[0].n)
} while (got.still_running && Date.now() < deadline)

await client.command({ query: `DROP TABLE ${table}` })
await client.close()
await plain.close()
console.log(JSON.stringify(got))
