// Asks a ClickHouse server over HTTP what Grafana's data source asks, with the library it uses.
//
// Usage: main URL COMPRESSION; prints one JSON line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/shopspring/decimal"
)

type answer struct {
	Version   string   `json:"version"`
	Rows      int      `json:"rows"`
	Sum       uint64   `json:"sum"`
	Texts     []string `json:"texts"`
	Inserted  uint64   `json:"inserted"`
	Times     []string `json:"times"`
	ErrorCode int32    `json:"error_code"`
	Late      string   `json:"late"`
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address string, method string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	methods := map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone, "gzip": clickhouse.CompressionGZIP, "br": clickhouse.CompressionBrotli,
		"deflate": clickhouse.CompressionDeflate, "lz4": clickhouse.CompressionLZ4, "zstd": clickhouse.CompressionZSTD,
	}
	connection, err := clickhouse.Open(&clickhouse.Options{
		Addr:        []string{parsed.Host},
		Auth:        clickhouse.Auth{Username: "default"},
		Protocol:    clickhouse.HTTP,
		Compression: &clickhouse.Compression{Method: methods[method], Level: 3},
		Settings:    clickhouse.Settings{"max_execution_time": 60},
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var got answer
	version, err := connection.ServerVersion()
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	got.Version = fmt.Sprintf("%d.%d", version.Version.Major, version.Version.Minor)
	for _, step := range []func(context.Context, clickhouse.Conn, *answer) error{numbers, types, insert, fail} {
		if err := step(ctx, connection, &got); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(got)
}

func numbers(ctx context.Context, connection clickhouse.Conn, got *answer) error {
	rows, err := connection.Query(ctx, "SELECT number, toString(number) AS text FROM numbers(200000)")
	if err != nil {
		return fmt.Errorf("numbers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number uint64
		var text string
		if err := rows.Scan(&number, &text); err != nil {
			return err
		}
		got.Rows++
		got.Sum += number
	}
	return rows.Err()
}

func types(ctx context.Context, connection clickhouse.Conn, got *answer) error {
	rows, err := connection.Query(ctx, `
		SELECT toDateTime64(number, 3, 'UTC') AS time, toLowCardinality(concat('k', toString(number % 2))) AS key,
			if(number = 1, NULL, toFloat64(number)) AS value, arrayMap(x -> toString(x), range(number)) AS list,
			map('a', toUInt8(number)) AS pairs, (number, 'x') AS pair, toDecimal64(number, 2) AS amount
		FROM numbers(3)`)
	if err != nil {
		return fmt.Errorf("types: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var at time.Time
		var key string
		var value *float64
		var list []string
		var pairs map[string]uint8
		var pair []any
		var amount decimal.Decimal
		if err := rows.Scan(&at, &key, &value, &list, &pairs, &pair, &amount); err != nil {
			return err
		}
		got.Times = append(got.Times, at.UTC().Format(time.RFC3339))
		text := "null"
		if value != nil {
			text = fmt.Sprint(*value)
		}
		got.Texts = append(got.Texts, fmt.Sprintf("%s %s %v %v %s", key, text, list, pairs["a"], amount))
	}
	return rows.Err()
}

func insert(ctx context.Context, connection clickhouse.Conn, got *answer) error {
	table := fmt.Sprintf("go_%d", time.Now().UnixNano())
	if err := connection.Exec(ctx, "CREATE TABLE "+table+" (a UInt64, b String) ENGINE = MergeTree ORDER BY a"); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	defer connection.Exec(ctx, "DROP TABLE "+table)
	batch, err := connection.PrepareBatch(ctx, "INSERT INTO "+table)
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for number := uint64(0); number < 50000; number++ {
		if err := batch.Append(number, fmt.Sprint("text ", number)); err != nil {
			return err
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	row := connection.QueryRow(ctx, "SELECT count() FROM "+table+" WHERE b LIKE {like:String}", clickhouse.Named("like", "text %"))
	return row.Scan(&got.Inserted)
}

func fail(ctx context.Context, connection clickhouse.Conn, got *answer) error {
	_, err := connection.Query(ctx, "SELECT nope")
	if exception, ok := asException(err); ok {
		got.ErrorCode = exception.Code
	}
	rows, err := connection.Query(ctx, "SELECT throwIf(number = 3000000), toString(number) FROM numbers(10000000)")
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		rows.Close()
	}
	if err != nil {
		got.Late = err.Error()
	}
	return nil
}
